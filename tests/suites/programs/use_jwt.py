# needs: pyjwt
import jwt
token = jwt.encode({"sub": "me", "n": 1}, "secret" * 8, algorithm="HS256")
print(token, jwt.decode(token, "secret" * 8, algorithms=["HS256"]))
for bad in (token[:-3] + "abc", "a.b"):
    try: jwt.decode(bad, "secret" * 8, algorithms=["HS256"])
    except jwt.InvalidTokenError as error: print(type(error).__name__)
