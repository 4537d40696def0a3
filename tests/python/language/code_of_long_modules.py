"""`compile` of long modules: the code does what the text says, in a time that grows with its length.

pyt compiles such modules in pieces. With an explicit `_feature_version` it does not: both are compared.
"""

import dis
import sys
import time
import traceback
import types


def whole(text):
    return compile(text, "long.py", "exec", dont_inherit=True, _feature_version=14)


def in_pieces(text):
    assert len(text) > 40_000, len(text)
    return compile(text, "long.py", "exec", dont_inherit=True)


def listing(code):
    """Instructions, what they use, where jumps lead, and their places in the text.

    Those behind the last `return`, which handle exceptions, are sorted: handlers come in any order.
    Whether a variable is borrowed is left out: upstream's compiler finds that out in a part of the code.
    """
    rows = [row for row in dis.get_instructions(code) if row.opname != "EXTENDED_ARG"]
    index = {row.start_offset: number for number, row in enumerate(rows)}
    names = [row.opname.replace("LOAD_FAST_BORROW", "LOAD_FAST") for row in rows]
    found = []
    for row, opname in zip(rows, names):
        value = row.argval
        if isinstance(value, types.CodeType):
            value = (value.co_qualname, *listing(value))
        elif row.jump_target is not None:
            target = index[row.argval]
            value = (names[target], tuple(rows[target].positions))
        found.append((opname, value, tuple(row.positions)))
    end = max(number for number, row in enumerate(rows) if row.opname == "RETURN_VALUE")
    return found[:end] + sorted(found[end:], key=repr)


def events(code):
    """What is executed: lines, and exceptions."""
    seen = []

    def trace(frame, event, arg):
        if frame.f_code.co_filename == "long.py":
            seen.append((event, frame.f_lineno))
            return trace

    namespace = {}
    sys.settrace(trace)
    try:
        exec(code, namespace)
    finally:
        sys.settrace(None)
    return seen, {name for name in namespace if name != "__builtins__"}


def check(text):
    made, expected = in_pieces(text), whole(text)
    for one, other in zip(listing(made), listing(expected), strict=True):
        assert one == other, (one, other)
    for name in ("co_flags", "co_firstlineno", "co_name", "co_varnames", "co_stacksize"):
        assert getattr(made, name) == getattr(expected, name), name
    assert events(made) == events(expected)
    return made


SMALL = '''\
# Number @
import os.path, sys as system
from math import sqrt, pi as number

total@ = 0
for i in range(3):
    if i == 1:
        continue
    try:
        total@ += 1 // (i - 2)
    except ZeroDivisionError as error:
        total@ += 100000 + @
    else:
        while True:
            total@ += len([j for j in range(i) if j])
            if total@:
                break
            total@ += 1
    finally:
        total@ += (lambda x: x + @)(i)
else:
    total@ = total@ * 2; text@ = f"{total@!r:>{i}}"

def function@(a, /, *, b: int = @) -> "number":
    """Documented"""
    global shared, shared@
    shared = shared@ = sqrt(a + b)
    return [shared for x in (a, b)]

class Class@(dict):
    value = os.path.join("a", str(@))
    def method(self):
        return super().__init__

    def other(self):
        return Class@.value, {k: v for k, v in self.items()}

match function@(7):
    case [float(first), *_] if first > 2:
        shared += 1
    case _:
        shared = 0
with open(os.devnull) as file@:
    del text@
values@ = {x: [y for y in range(x)] for x in range(3)}, (last := @ + 70000, "same", 1.5, 0.0, -0.0, b"b@")
assert Class@ and file@.closed, "no @"
'''


def many(count, small=SMALL):
    return "".join(small.replace("@", str(number)) for number in range(count))


text = many(36)
code = check(text)
check('"""Documented"""\n' + text)
check("'''Documented'''\nfrom __future__ import annotations\n" + text + "if __name__ == '__main__':\n    x = 1\n")
check("\n\n" + text + "if __name__ == 'other':\n    x = 1\n")
check(text + "if shared:\n    x = 1\nelse:\n    x = 2")
check(text + "'text'\n" + "'a string'\n" * 4000 + text)
check(text + "if 0:\n    from other import *\n" + text.replace("    ", "\t"))
check("x = 1; y = (x,\n 2)\n" * 4000)
check("from math import *\n" + "x = sin(1)\n" * 9000)
check("if 1: y = [\n\n\n1]\n" * 4000)
check("".join(f"ä{i} = 'ö{i}'; b{i} = ä{i}.upper()\n" for i in range(3000)))
check("".join(f"x{i} = {i * 10 ** 20}, {i / 3}, {i}j, b'{i}', (None, ..., True, ({i},))\n" for i in range(2000)))
# Modules that are compiled as a whole.
check(text + "number: int = 1\n")
check(text + "global later\nlater = 1\n")
check("cells = [(lambda: x) for x in range(3)]\n" + text)
check("__pyt_0 = 1\n" + text)
check("def f():\n" + "    x = [1, 2]\n" * 5000)

# Equal constants of a type are one, others are not.
assert len(code.co_consts) == len({(type(value), repr(value)) for value in code.co_consts})
pairs = many(3000, "a@ = 'the same text', 1.25\nb@ = 0.0, 1000, (0.0, 1)\nc@ = -0.0, 1000.0, (0.0, True)\n")
namespace = {}
exec(in_pieces(pairs), namespace)
assert namespace["a0"] is namespace["a2999"] and str(namespace["c2999"]) == "(-0.0, 1000.0, (0.0, True))"
assert str(namespace["b0"]) == str(namespace["b2999"]) == "(0.0, 1000, (0.0, 1))"


# Names that functions declare as global are global in the module, where locals are others.
def declares(name):
    return f"def f():\n    global {name}\n    {name} = 1\n"


for program in (declares("late") + "x = 1\n" * 9000 + "late = 2\n", "x = 1\n" * 9000 + "late = 2\n" + declares("late")):
    outer, inner = {}, {}
    exec(in_pieces(program), outer, inner)
    assert outer["late"] == 2 and "late" not in inner and inner["x"] == 1, inner.keys()


# Displays.
def values(text):
    namespace = {"y": [1, 2], "f": lambda *args, **names: (args, names)}
    exec(text, namespace)
    namespace["result"]
    return repr(namespace["result"])


elements = "".join(f"  ({i}, 'ä{i}', [y, *y], (lambda a, b=({i}, 2), *c: {{a: b}})({i})),  # {i}, )]\n" for i in range(900))
items = "".join(f"  'k{i}': (lambda: {i})(), **{{'k{i // 2}': [{i}]}},\n  {i}: {{1, *y}}, {i} / 3: ('a',)[0],\n" for i in range(900))
strings = "".join(f"'text {i}', {i},\n" for i in range(4000))
for display in (
    f"[{elements}]",
    f"({elements})",
    f"({elements}\n\n# end\n)",
    f"{{*y,\n{strings}}}",
    f"[{strings}]",
    f"({strings})",
    "[" + strings.replace("\n", " ") + "]",
    "{'k': 1, " + items.replace("\n", " ") + "}",
    "([ 1, 2,\n" + strings.replace("\n", " ") + "], 5)",
    "{" + items + "}",
    "{" + items[:-2] + "}",
    f'{{"list": [{strings}], "dict": {{{items}}}, "again": [[[({elements})]]]}}',
    f"f([{strings}], x=({strings}), **{{'a': {{{items}}}}})",
    f"[{strings}] if not y else ({strings})",
    f"[x for x in [{strings}]]",
    "[" + "".join(f"(name{i} := {i}),\n" for i in range(4000)) + "name7]",
):
    program = f"z = 1\nresult = {display} ; x = 1\n"
    assert values(in_pieces(program)) == values(whole(program)), display[:60]


def error(text, code=None):
    try:
        exec(code or in_pieces(text), {"y": [1], "zero": 0})
    except Exception as error:
        frame = traceback.extract_tb(error.__traceback__)[-1]
        return repr(error), frame.lineno, frame.end_lineno, frame.colno, frame.end_colno
    raise AssertionError("no error")


for program, line in (
    ("z = 1\nx = [\n" + strings + "1 / zero,\n" + strings + "]\n", 4003),
    ("x = {\n" + items + "1: 1 / zero,\n" + items + "}\n", 1802),
    ("if 1:\n  x = {\n" + items + "  []: 1,\n" + items + "  }\n", 2),
    ("x = {\n" + strings + "[], 2,\n" + strings + "  }\n", 1),
    ("x = [[\n" + strings + "], (\n" + strings + "(1 / zero),\n" + strings + ")]\n", 8003),
    ("x = 1\n" * 9000 + "raise ValueError(x)\n" + "x = 1\n" * 9000, 9001),
    (text + "class C:\n    x = 1 / zero\n" + text, text.count("\n") + 2),
):
    found = error(program)
    assert found[1] == line, (found, line)
    assert found == error(None, whole(program)), found

# Errors of the text, and warnings, once each.
for program, line in ((text + "return 1\n" + text, text.count("\n") + 1), ("x = 1\n" * 9000 + "x = = 1\n", 9001)):
    try:
        in_pieces(program)
    except SyntaxError as refused:
        assert (refused.lineno, refused.filename) == (line, "long.py"), refused
    else:
        raise AssertionError
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    in_pieces("x = 1\n" * 9000 + "x = '\\d' is x\n" + "x = 1\n" * 9000)
assert [warning.lineno for warning in caught] == [9001, 9001], caught


def seconds(text):
    best = float("inf")
    for _ in range(3):
        begin = time.thread_time()
        in_pieces(text)
        best = min(best, time.thread_time() - begin)
    return best


for begin, line, end in (
    ("", "name@ = @ + 1000, 'a longer text @'\n", ""),
    ("", "call('a longer text @', key=@ + 1000)\n", ""),
    ("x = {\n", "  'a longer key @': (@, 'value @', @.5),\n", "}\n"),
    ("x = f([\n", "  'a longer text @',\n", "])\n"),
):
    short, long = (seconds(begin + many(count, line) + end) for count in (2500, 20000))
    # It was 50 to 70 times as long.
    assert long < 24 * short, (line, short, long)

# A display in one line takes about as long as one in many. It was more than a hundred times as long.
words = [f"'a word {i}'," for i in range(6000)]
x = "x = 1\n" * 9
apart, together = (seconds(f"{x}y = {{{joint}{joint.join(words)}{joint}}}\n{x}") for joint in ("\n", " "))
assert together < 10 * apart, (apart, together)

# An audit hook sees one event, of the whole text.
audited = []
sys.addaudithook(lambda name, args: audited.append(args) if name == "compile" else None)
in_pieces(text)
assert [(bytes(source), filename) for source, filename in audited] == [(text.encode(), "long.py")], len(audited)
