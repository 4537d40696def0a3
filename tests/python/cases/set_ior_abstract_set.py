from collections.abc import Set
class OSet(Set):
    def __init__(self, items=()): self.d = dict.fromkeys(items)
    def __contains__(self, x): return x in self.d
    def __iter__(self): return iter(self.d)
    def __len__(self): return len(self.d)
s = {1}
for op in ("|=", "&=", "-=", "^="):
    ns = {"s": {1, 2}, "o": OSet([2, 3])}
    try:
        exec(f"s {op} o", ns); print(op, type(ns["s"]).__name__, sorted(ns["s"]))
    except TypeError as e: print(op, "TypeError", e)
for op in "|&-^":
    ns = {"s": {1, 2}, "o": OSet([2, 3])}
    try: r = eval(f"s {op} o", ns); print(op, type(r).__name__, sorted(r))
    except TypeError as e: print(op, "TypeError", e)
