"""Trees with negative integers among their constants are compiled."""

import ast


def value(node):
    expression = ast.fix_missing_locations(ast.Expression(node))
    before = ast.dump(expression)
    result = eval(compile(expression, "tree", "eval"))
    assert ast.dump(expression) == before, (before, ast.dump(expression))
    return result


def constant(value):
    return ast.Constant(value)


load = ast.Load()
for number in (-5, 5, -(1 << 80), -1, (1, -2), (-1.5, ("a", -3), None), frozenset({1, -2}), (frozenset({-1, "x"}),), ()):
    result = value(constant(number))
    assert result == number and type(result) is type(number) and repr(result) == repr(number), (result, number)
assert value(ast.BinOp(constant(-5), ast.Add(), constant(-6))) == -11
assert value(ast.BinOp(constant(-2), ast.Pow(), constant(2))) == 4
assert value(ast.UnaryOp(ast.USub(), constant(-7))) == 7
assert value(ast.Tuple([constant(-8), constant((-9,))], load)) == (-8, (-9,))
assert value(ast.Subscript(constant("abc"), constant(-1), load)) == "c"
assert value(ast.Attribute(constant(-2), "real", load)) == -2
assert value(ast.Compare(constant(-1), [ast.Lt()], [constant(-2)])) is False
assert value(ast.JoinedStr([ast.FormattedValue(constant(-1), -1)])) == "-1"
call = ast.Call(ast.Name("dict", load), [], [ast.keyword("a", constant(-5))])
assert value(call) == {"a": -5}


class Negate(ast.NodeTransformer):
    def visit_Constant(self, node):
        return ast.copy_location(ast.Constant(-node.value), node)


tree = Negate().visit(ast.parse("def f(x=1):\n    7\n    return x, 2\n"))
names = {}
exec(compile(tree, "tree", "exec"), names)
assert names["f"]() == (-1, -2) and names["f"].__doc__ is None and names["f"].__code__.co_firstlineno == 1
def matched(pattern, subject, change=None):
    tree = ast.parse(f"match subject:\n    case {pattern}: found = True\n    case _: found = False\n")
    if change:
        change(tree)
    before = ast.dump(tree)
    names = {"subject": subject, "complex": complex, "int": int}
    exec(compile(ast.fix_missing_locations(tree), "tree", "exec"), names)
    assert ast.dump(tree) == before
    return names["found"]


def negate(tree):
    tree.body[0].cases[0].pattern.value = constant(-1)


assert matched("1", -1, negate) and not matched("1", 1, negate)
for pattern, right, wrong in [
    ("-1", -1, 1), ("-1.5", -1.5, 1.5), ("-0", 0, 1), ("1+2j", 1 + 2j, 1 - 2j), ("-1-2j", -1 - 2j, -1 + 2j), ("-1j", -1j, 1j),
    ("[-1, *_]", [-1, 2], [1, 2]), ("{-1: 2}", {-1: 2}, {1: 2}), ("{'a': -1}", {"a": -1}, {"a": 1}), ("-1 | -2", -2, 2),
    ("int(real=-3)", -3, 3), ("'\\ud800'", "\ud800", "x"), ("[-1, '\\ud800']", [-1, "\ud800"], [1, "\ud800"]),
    ("(-1, -1, -2)", (-1, -1, -2), (-1, -2, -1)), ("1", 1, -1),
]:  # fmt: skip
    assert matched(pattern, right) and not matched(pattern, wrong), pattern
try:
    value(constant([-1]))
except TypeError as error:
    assert str(error) == "got an invalid type in Constant: list", error
else:
    raise AssertionError("a list is no constant")
