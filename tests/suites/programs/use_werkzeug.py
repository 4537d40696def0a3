# needs: werkzeug source:markupsafe
from werkzeug.routing import Map, Rule
from werkzeug.security import check_password_hash, generate_password_hash
from werkzeug.datastructures import MultiDict
urls = Map([Rule("/", endpoint="index"), Rule("/<int:year>/<slug>", endpoint="post")]).bind("example.com")
print(urls.match("/2024/abc"), urls.build("post", {"year": 1999, "slug": "x y"}))
print(check_password_hash(generate_password_hash("p", "pbkdf2:sha256:1000"), "p"))
print(MultiDict([("a", 1), ("a", 2)]).getlist("a"))
