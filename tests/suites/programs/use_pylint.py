# needs: astroid
import astroid
tree = astroid.parse("class A:\n    x = 1 + 2\n    def f(self): return self.x\nvalue = A().f()")
print(tree["A"].as_string(), [str(n.value) for n in tree["value"].infer()] if 0 else next(tree["value"].infer()).as_string())
