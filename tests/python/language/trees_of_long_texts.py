"""`ast.parse` of long texts: the tree is that of the text, and takes a time that grows with it.

pyt makes such trees in pieces. With an explicit `optimize` it does not, so both are compared.
"""

import ast
import sys
import time


def whole(text, mode="exec"):
    return compile(text, "<text>", mode, ast.PyCF_ONLY_AST, optimize=0)


def check(text, mode="exec"):
    assert len(text) > 8192, (len(text), text[:20])
    made = ast.parse(text, mode=mode)
    expected = whole(text, mode)
    made, expected = (ast.dump(tree, include_attributes=True) for tree in (made, expected))
    if made != expected:
        at = next(i for i, pair in enumerate(zip(made, expected)) if pair[0] != pair[1])
        raise AssertionError((made[at - 60 : at + 60], expected[at - 60 : at + 60]))


SMALL = '''\
# A comment
@decorator([1,
            2], key="ä")
@other
async def name(a, /, b: int = (1, 2), *, c=lambda x, y=[3]: x) -> "T":
    """A text
of two lines"""
    async with a as b, c: await b
    x = 1; y = 2
    z = 3 + \\
        4
    return f"{a!r:>{b}} {x['ö']} {{}}"
    # last

class C[T](Base, metaclass=M):
    x: int = 3; type X[T] = list[T]

    def f(self):
        if self:
            pass
            # not yet
        elif other:
            while True: break
        else:
            for i in range(10):
                yield i
            else:
                raise E from None
        # behind

        try:
            del x[1:2, ...]
        except* (A, B) as e:
            global g
        else:
            nonlocal_ = b"\\x00"
        finally:
            assert "é", 'ü'
        match self:
            case {"a": [1, 2, *rest], **others} if rest:
                print(*rest, sep="", **others)
            case C(x=1) | None: pass
            case _:
                x = [i for i, j in y if j for k in j]

\tif 0: pass
'''.replace("\tif", "if")


def indented(text, by="    "):
    quoted = False
    lines = []
    for line in text.splitlines(True):
        lines.append(line if quoted or line == "\n" else by + line)
        quoted ^= line.count('"""') % 2 == 1
    return "".join(lines)


# Short statements; blocks within blocks; blocks on both sides of `else`; tabs; no newline at the end.
many = SMALL * 9
check(many)
check("class Outer:\n" + indented(many) + "    x = 1\ny = 2\n")
check("class Outer:\n" + indented(many, "\t"))
within = "def f():\n" + indented("if x:\n" + indented(many) + "elif y:\n" + indented(many) + "    # behind\nelse:\n" + indented(many))
check(within)
check("try:\n" + indented(within) + "except E:\n" + indented(many) + "else:\n  x\nfinally:\n" + indented(many) + "\n\n")
check("match x:\n  case 1:\n" + indented(many) + "  case 2:\n" + indented(many) + "  case 3: y\n")
check("from __future__ import annotations\nx: f(i for i in y) = 1\n" + many + "x: f(i for i in y) = 1\n")
check("from __future__ import annotations\ndef g(x: f(i for i in y)):\n" + indented(many))
check('"""Documented"""\n' + many + '"text"\n' * 200)
check("x = 1; " * 1300 + "y = 2\n")
check("if x: " + "y = 1; " * 200 + "z\n" + many)
check("\n\n# only comments\n" * 500 + "x")
check("\x0cx = 1\n" * 1300)
check("def f():\n\n\n  # first\n" + "  x = 1\n  # second\n\n" * 450 + "# third\n")
check("x = '''\n" + "text\n" * 4000 + "'''; y = 1\nz = 2\n")
check("if a:\n" * 1 + "".join(" " * i + "if a:\n" for i in range(1, 60)) + " " * 60 + "x = '" + "y" * 9000 + "'\n")

# Displays.
elements = "".join(f"  ({i}, 'ä{i}', [x, *y], lambda a, b=(1, 2), *c: {{a: b}}),  # {i}, )]\n" for i in range(140))
items = "".join(f"  'k{i}': (lambda: {i}, [{i}]), **x,\n  (yield): {{1, 2}}, lambda a, b: 0: lambda: 1,\n" for i in range(120))
for display in (
    f"[{elements}]",
    f"({elements})",
    f"({elements}\n\n# end\n)",
    f"{{*x,\n{elements}}}",
    "{" + items + "}",
    "{" + items[:-2] + "}",
    "[" + elements[: elements.rindex(",  #")] + "]",
    f'{{"list": [{elements}], "dict": {{{items}}}, "again": [[[({elements})]]]}}',
    f"f([{elements}], x=({elements}), **{{{items}}})(1)[[{elements}]]",
    f"({elements.replace('), ', '),').rstrip()}\n)",
):
    check("def f():\n    return äö(x)[1] + " + display + " ; x = 1\n")
    if "yield" not in display:
        check(display, "eval")
check("for i in " + display + ":\n  x\nelse:\n  y\n")
check("".join(f"[\n'{i}'," for i in range(50)) + f"[{elements}]" + "]" * 50 + "\n")
check(f"x = f\"{{[{'1, ' * 3000}]}}\" + '''{{[{elements.replace(chr(39), '')}]}}'''\n")
check("[" + "a, " * 3000 + "*b] = x\n")
check("(" + "a[1, 2],\n" * 1000 + ") = [" + "1,\n" * 1000 + "]\n")
check("del [" + "a, " * 3000 + "]\n")
check("x = " + "1, " * 3000 + "2\n")
check("x = [\n" + "\n" * 9000 + "1, 2\n]\n" + "y = 1\n" * 99)
check("x = [" + ", ".join(f"(a{i} := {i})" for i in range(700)) + "]\n")
check("x = [((" + "1), (2" * 1 + ")), " + "(('y')),\n" * 1000 + "]\n")

# Errors are those of the text.
for text, line in ((many + "x = = 1\n" + many, SMALL.count("\n") * 9 + 1), ("x = [\n" + "1,\n" * 5000 + "1 1]\n", 5002)):
    try:
        ast.parse(text, "name.py")
    except SyntaxError as error:
        assert (error.lineno, error.filename) == (line, "name.py"), error
    else:
        raise AssertionError
for flags in (ast.PyCF_TYPE_COMMENTS, 0):
    tree = compile("x = []  # type: list\n" + many, "", "exec", ast.PyCF_ONLY_AST | flags)
    assert tree.body[0].type_comment == ("list" if flags else None)


# Trees can be used.
namespace = {}
tree = ast.parse("".join(f"def f{i}():\n    return [{i},\n      {i}]\n\n" for i in range(1000)), "long.py")
exec(compile(tree, "long.py", "exec"), namespace)
assert namespace["f999"]() == [999, 999] and namespace["f999"].__code__.co_firstlineno == 3997
assert ast.literal_eval("[" + "(1, {'a': None}),\n" * 5000 + "]") == [(1, {"a": None})] * 5000


def seconds(text):
    best = float("inf")
    for _ in range(3):
        begin = time.thread_time()
        ast.parse(text)
        best = min(best, time.thread_time() - begin)
    return best


for begin, line, end in (
    ("", "x = f(1, y)\n", ""),
    ("class C:\n  def f(self):\n    if x:\n", "      x = f(1, y)\n", ""),
    ("d = {'a': [\n", "  (1, 'y', z),\n", "]}\n"),
):
    short, long = (seconds(begin + line * count + end) for count in (500, 4000))
    # It was 40 to 60 times as long.
    assert long < 24 * short, (line, short, long)

# An audit hook sees one event, of the whole text.
events = []
sys.addaudithook(lambda name, args: events.append(args) if name == "compile" else None)
ast.parse(many, "audited.py")
sources = [source for source, filename in events if filename == "audited.py"]
assert [bytes(source, "utf-8") if isinstance(source, str) else source for source in sources] == [many.encode()]
