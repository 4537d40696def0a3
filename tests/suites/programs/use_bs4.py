# needs: beautifulsoup4
from bs4 import BeautifulSoup
soup = BeautifulSoup("<html><p class='a b'>x<b>y</b></p><p id=q>z &amp; <a href='/u'>l</a><br>w</html>", "html.parser")
print([p.get_text() for p in soup.find_all("p")], soup.select("p#q > a")[0]["href"], soup.p["class"])
soup.b.replace_with("new"); print(soup.prettify())
