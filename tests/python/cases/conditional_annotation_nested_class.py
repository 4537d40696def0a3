src = """
class A:
    class B:
        if True:
            x: int
"""
ns = {}
exec(src, ns)
print(ns["A"].B.__annotations__)
