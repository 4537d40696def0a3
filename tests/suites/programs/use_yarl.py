# needs: source:yarl source:multidict source:propcache idna
from yarl import URL
url = URL("http://user:pw@example.com:8080/a/b/../c?x=1&y=ä#f")
print(url, url.host, url.query, url.parent, url / "d e", url.with_query(z=[1, 2]), url.human_repr())
