# needs: dill
import dill
def outer(x):
    def inner(y): return x * y
    return inner
print(dill.loads(dill.dumps(outer(6)))(7), dill.loads(dill.dumps({"f": lambda a: a + 1}))["f"](1))
