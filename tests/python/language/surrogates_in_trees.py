"""Lone surrogates in strings survive the way from source to a tree, and from there to code."""
import ast

SOURCE = r'''
s = "\ud800"; t = f"{1}\udc80{2}x"; b = "a\ud800" "b\U0000DFFF"; both = ("\ud800", "\ud801é")
def f(x="\udcff"):
    return x, [y for y in "\udc80\udc81"], {"\ud800": 1}
class C:
    def g(self): return "\udc80" + "z", b"x", "\ufffd", r"\ud800"
'''


def check(namespace):
    assert ascii(namespace["s"]) == r"'\ud800'", ascii(namespace["s"])
    assert ascii(namespace["t"]) == r"'1\udc802x'", ascii(namespace["t"])
    assert ascii(namespace["b"]) == r"'a\ud800b\udfff'"
    assert namespace["both"] == ("\ud800", "\ud801é")
    assert namespace["f"]() == ("\udcff", ["\udc80", "\udc81"], {"\ud800": 1})
    assert namespace["C"]().g() == ("\udc80z", b"x", "\ufffd", r"\ud800")


namespace = {}
exec(SOURCE, namespace)
check(namespace)
tree = ast.parse(SOURCE)
for _ in range(2):
    namespace = {}
    exec(compile(tree, "x", "exec"), namespace)
    check(namespace)
    # The tree keeps what it had.
    strings = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    assert "\ud800" in strings and r"\ud800" in strings and "\ufffd" in strings
assert ast.literal_eval(r'"\ud800"') == "\ud800" and ast.literal_eval(r"['\udc80', 'é']") == ["\udc80", "é"]
tree = ast.fix_missing_locations(ast.Expression(ast.Constant("a\udc80")))
assert eval(compile(tree, "x", "eval")) == "a\udc80"
assert ast.unparse(ast.parse("x = 'plain'")) == "x = 'plain'"
