# needs: oauthlib
from oauthlib.oauth2 import WebApplicationClient, MissingTokenError
client = WebApplicationClient("id")
print(client.prepare_request_uri("https://example.com/auth", redirect_uri="https://me/cb", scope=["a", "b"], state="s"))
print(client.parse_request_uri_response("https://me/cb?code=c&state=s", state="s"))
print(dict(client.parse_request_body_response('{"access_token": "t", "token_type": "Bearer", "expires_at": 5}')))
try: client.parse_request_body_response("{}")
except MissingTokenError as error: print(error)
