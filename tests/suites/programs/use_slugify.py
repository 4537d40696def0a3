# needs: python-slugify text-unidecode
from slugify import slugify
print(slugify("Ünïcödé & 漢字: it's a Test!", max_length=20), slugify("a_b c", separator="_", stopwords=["c"]))
