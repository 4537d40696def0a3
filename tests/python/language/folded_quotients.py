"""Quotients of constants, from a text and from a tree; a tree is as the text is written."""
import ast

SOURCES = {"4.0 // 2.0": 2.0, "9e15 // 1": 9e15, "1e9 // (4.0 // 2)": 5e8, "-7 // 2.0": -4.0,
           "8 // 2": 4, "1 / 2 // 0.25": 2.0, "True // 1.0": 1.0}
for source, value in SOURCES.items():
    assert eval(source) == value, source
    tree = ast.parse(source, mode="eval")
    before = ast.dump(tree, include_attributes=True)
    assert "Subscript" not in before, before
    assert ast.unparse(tree) == source or "e" in source, ast.unparse(tree)
    assert eval(compile(tree, "tree", "eval")) == value, source
    assert ast.dump(tree, include_attributes=True) == before
    made = ast.parse("x = [" + source + " for _ in (1, 2)]")
    space = {}
    exec(compile(made, "tree", "exec"), space)
    assert space["x"] == [value] * 2, source
# A quotient that is refused leaves the tree as it was.
tree = ast.parse("4.0 // 2.0\nbreak")
before = ast.dump(tree)
try:
    compile(tree, "tree", "exec")
except SyntaxError:
    pass
else:
    raise AssertionError("not refused")
assert ast.dump(tree) == before
