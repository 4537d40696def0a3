"""Programs made of the grammar's pieces, some of them broken: compiled, parsed, and those without
loops run."""
import ast
import random
import sys

WORDS = (
    "if else elif for while in is not and or lambda def class return yield from import as with "
    "try except finally raise pass break continue del global nonlocal assert async await match "
    "case type True False None print x y z self f"
).split()
SIGNS = "+ - * / // % ** @ & | ^ ~ << >> < > <= >= == != := = += . , ; : ( ) [ ] { } -> ...".split()
TEXTS = ["'a'", "b'\\xff'", "f'{x!r:>{y}}'", "t'{x}'", "'''a\nb'''", "rb'\\'", "f'{x:{y:{z}}}'",
         "f'{'a' 'b'}'", "'\\N{DASH}'", "'\\ud800'", "1_000", "0x_f", "1e400", "1j", "0b2", "9" * 50]


def expression(r, depth):
    if depth <= 0:
        return r.choice(TEXTS + WORDS[-8:] + ["1", "0", "()", "[]", "{}"])
    e = lambda: expression(r, depth - r.randrange(1, 3))
    return r.choice([
        lambda: f"({e()} {r.choice(SIGNS[:22])} {e()})",
        lambda: f"{e()}({', '.join(e() for _ in range(r.randrange(4)))})",
        lambda: f"{e()}[{e()}:{e()}]",
        lambda: f"[{e()} for x in {e()} if {e()}]",
        lambda: f"{{{e()}: {e()}, **{e()}}}",
        lambda: f"(lambda x, *y, z={e()}: {e()})",
        lambda: f"({e()} if {e()} else {e()})",
        lambda: f"(x := {e()})",
        lambda: f"(yield {e()})",
        lambda: f"(await {e()})",
        lambda: f"(*{e()}, {e()})",
        lambda: f"f'{{{e()}}}'",
        lambda: f"not {e()}",
        lambda: f"-{e()}",
        lambda: f"{e()}.x",
    ])()


def statement(r, indent):
    pad = " " * indent
    e = lambda: expression(r, r.randrange(4))
    block = lambda: "".join(statement(r, indent + 1) for _ in range(r.randrange(1, 3)))
    if indent > 4:
        return f"{pad}{e()}\n"
    return pad + r.choice([
        lambda: f"{e()}\n",
        lambda: f"x = {e()}\n",
        lambda: f"x, *y = {e()}\n",
        lambda: f"x: {e()} = {e()}\n",
        lambda: f"del x[{e()}]\n",
        lambda: f"if {e()}:\n{block()}{pad}else:\n{block()}",
        lambda: f"for x in {e()}:\n{block()}",
        lambda: f"with {e()} as x, {e()}:\n{block()}",
        lambda: f"try:\n{block()}{pad}except {e()} as x:\n{block()}{pad}finally:\n{block()}",
        lambda: f"try:\n{block()}{pad}except* {e()}:\n{block()}",
        lambda: f"def f[T: {e()}](x, /, y={e()}, *a, z: {e()}, **k) -> {e()}:\n{block()}",
        lambda: f"async def f():\n{block()}",
        lambda: f"class A({e()}, metaclass={e()}):\n{block()}",
        lambda: f"match {e()}:\n{pad} case [{r.choice(['x', '1', '*_', 'A(y=1)'])}, *z] if {e()}:\n"
                f"  {block()}",
        lambda: f"@{e()}\n{pad}def g(): pass\n",
        lambda: f"return {e()}\n",
        lambda: f"raise {e()} from {e()}\n",
        lambda: f"type X[T] = {e()}\n",
        lambda: f"global x\n",
        lambda: f"from a import {r.choice(['*', 'b', '(c as d)'])}\n",
    ])()


def program(r):
    kind = r.randrange(4)
    if kind == 0:
        pieces = WORDS + SIGNS + TEXTS + ["\n", "\n ", "\n  ", "#", "\\\n", "\0", "\u00e9", "\t"]
        return " ".join(r.choice(pieces) for _ in range(r.randrange(40)))
    text = "".join(statement(r, 0) for _ in range(r.randrange(1, 6)))
    if kind == 1:
        text = list(text)
        for _ in range(r.randrange(1, 6)):
            place = r.randrange(len(text))
            text[place:place + r.randrange(3)] = r.choice(SIGNS + ["", "'", '"', "\n", "{", "\\"])
        text = "".join(text)
    return text


def run(r, count):
    for _ in range(count):
        text = program(r)
        for mode in ("exec", "eval", "single"):
            try:
                code = compile(text, "fuzzed", mode)
            except (SyntaxError, ValueError, RecursionError, MemoryError, OverflowError):
                continue
            for constant in code.co_consts:
                repr(constant)
        try:
            tree = ast.parse(text)
            ast.unparse(tree)
            ast.dump(tree)
            compile(tree, "fuzzed", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError, TypeError):
            pass


if __name__ == "__main__":
    run(random.Random(int(sys.argv[1])), int(sys.argv[2]))
