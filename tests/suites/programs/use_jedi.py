# needs: jedi parso
import jedi
script = jedi.Script("import json\nclass A:\n    def method(self): return 'x'\nA().me\njson.du")
print([c.name for c in script.complete(4, 6)], [c.name for c in script.complete(5, 7)])
