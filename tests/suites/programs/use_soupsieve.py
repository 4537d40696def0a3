# needs: soupsieve beautifulsoup4
import soupsieve
from bs4 import BeautifulSoup
soup = BeautifulSoup("<ul><li>1<li class=x>2<li>3</ul><div lang=en><p>a</p></div>", "html.parser")
for selector in ("li:nth-child(odd)", "li:not(.x)", ":is(ul, div) > :first-child", "p:lang(en)"):
    print(selector, [tag.get_text() for tag in soupsieve.select(selector, soup)])
