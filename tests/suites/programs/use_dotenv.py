# needs: python-dotenv
import io
from dotenv import dotenv_values
print(dict(dotenv_values(stream=io.StringIO("A=1\nB='x y' # c\nexport C=\"${A}/z\\n\"\n# no\nD\n"))))
