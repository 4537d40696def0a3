# needs: tomli tomli-w
import tomli, tomli_w
data = tomli.loads('a = 1\n[b]\nc = [1, 2.5, "x", 1979-05-27T07:32:00Z]\n[[d]]\ne = true\n[[d]]\ne = false\n')
print(data); print(tomli_w.dumps(data))
try: tomli.loads("a = ")
except tomli.TOMLDecodeError as error: print(error)
