# needs: tomlkit
import tomlkit
document = tomlkit.parse("# top\n[a]\nb = 1 # keep\nc = { d = 'x' }\n")
document["a"]["b"] = 2
document["a"].add("e", [1, 2]); document["a"]["c"]["f"] = True
print(tomlkit.dumps(document))
