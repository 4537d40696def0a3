# needs: itsdangerous
from itsdangerous import URLSafeTimedSerializer, BadSignature, URLSafeSerializer
text = URLSafeSerializer("key", salt="s").dumps({"a": [1, 2]})
print(text, URLSafeSerializer("key", salt="s").loads(text))
try: URLSafeTimedSerializer("other").loads(text)
except BadSignature as error: print(error)
