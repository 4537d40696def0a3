# needs: google-auth pyasn1 pyasn1-modules rsa cachetools
import datetime
from google.auth import _helpers, credentials
class Mine(credentials.Credentials):
    def refresh(self, request): self.token = "t"; self.expiry = _helpers.utcnow() + datetime.timedelta(hours=1)
mine = Mine(); headers = {}
mine.before_request(None, "GET", "http://x", headers)
print(headers["authorization"], mine.valid, _helpers.unpadded_urlsafe_b64encode(b"\xff\xfe"))
