"""Quotients of constants are right in code that is compiled from a tree, and trees are those of their text."""

import ast

for text, value in (
    ("4.0 // 2.0", 2.0),
    ("-9 // 3.0", -3.0),
    ("8.0 // 2 // 2", 2.0),
    ("(1.0 + 5) // (4 / 2)", 3.0),
    ("7 // 2", 3),
    ("7.0 // 2", 3.0),
):
    tree = ast.parse(text, mode="eval")
    before = ast.dump(tree, include_attributes=True)
    assert ast.unparse(tree) == text, ast.unparse(tree)
    compiled = eval(compile(tree, "<tree>", "eval"))
    assert (compiled, type(compiled)) == (value, type(value)), (text, compiled)
    assert ast.dump(tree, include_attributes=True) == before
    assert eval(text) == value

# Deeper, and with an error.
tree = ast.parse("def f(x=6.0 // 3):\n    return [x, lambda: 1e9 // 1], 4.0 // 0.0\n")
namespace = {}
exec(compile(tree, "<tree>", "exec"), namespace)
assert namespace["f"].__defaults__ == (2.0,)
try:
    namespace["f"]()
except ZeroDivisionError as error:
    assert error.__traceback__.tb_next.tb_lineno == 2
else:
    raise AssertionError
assert ast.unparse(tree.body[0].args.defaults[0]) == "6.0 // 3"
tree.body[0].body[0].value.elts.append(ast.Constant(value=[]))
try:
    compile(ast.fix_missing_locations(tree), "<tree>", "exec")
except TypeError:
    assert ast.unparse(tree.body[0].args.defaults[0]) == "6.0 // 3"
else:
    raise AssertionError
