"""A variable of a comprehension is its own in a module with a function that declares it global."""
import ast

DECLARED = """
def declares():
    global x
"""


def run(source, **names):
    """What a module binds: compiled from its text, and from its tree."""
    found = []
    for source in (source + DECLARED, DECLARED + source):
        for code in (source, ast.parse(source)):
            space = dict(names)
            exec(compile(code, "module", "exec"), space)
            found.append({name: space[name] for name in space if name not in ("__builtins__", "declares")})
    assert all(names == found[0] for names in found), found
    return found[0]


assert run("x = 5; t = [x for x in (1, 2)]") == {"x": 5, "t": [1, 2]}
assert run("t = {x for x in (1, 2)}") == {"t": {1, 2}}
assert run("t = {x: -x for x in (1, 2)}", x=6) == {"t": {1: -1, 2: -2}, "x": 6}
assert run("t = [f() for f in [(lambda: x) for x in (1, 2)]]") == {"t": [2, 2]}
# One inside the other.
assert run("t = [x for x in (1, 2) for y in [x for x in (3, 4)]]")["t"] == [1, 1, 2, 2]
assert run("t = {x: [x for x in (x, 3)] for x in (1, 2)}")["t"] == {1: [1, 3], 2: [2, 3]}
assert run("t = [[y for y in (x, x)] for x in (1, 2)]")["t"] == [[1, 1], [2, 2]]
# The first iterable is evaluated outside.
assert run("t = [(lambda x=x: [x for x in (x, 7)])() for x in (x, 2)]", x=5)["t"] == [[5, 7], [2, 7]]
# Called, unpacked, called with a keyword of its name.
assert run("t = [x() for x in (int, str)]", x=4) == {"t": [0, ""], "x": 4}
assert run("t = [(x, z) for (x, y), *z in [((1, 2), 3)]]", x=4) == {"t": [(1, [3])], "x": 4}
assert run("t = [(lambda x: x)(x=x) for x in (x, 2)]", x=5) == {"t": [5, 2], "x": 5}
# A default, a decorator and a part of a formatted string are of the module.
assert run("def f(t=[x for x in (1, 2)]): return t\nt = f(); del f", x=3) == {"t": [1, 2], "x": 3}
assert run("t = f'{[x for x in (1, 2)]} {x}'", x=3)["t"] == "[1, 2] 3"
# What an assignment expression binds is the module's.
assert run("t = [y for y in (1, 2) if (x := y)]") == {"t": [1, 2], "x": 2}
assert run("t = [[x for x in (7, 8)] for y in (1, 2) if (x := y)]") == {"t": [[7, 8]] * 2, "x": 2}
assert run("t = [(x, locals()['x']) for x in (8,)]", x=1) == {"t": [(8, 8)], "x": 1}

for source in ("[x for y in (1,) for x in [x]]", "[y for y in (1,) if [z for z in ()] for x in [x]]"):
    if source.startswith("[y"):
        run("t = " + source, x=1)
        continue
    try:
        run(source, x=1)
    except UnboundLocalError:
        pass
    else:
        raise AssertionError(source)

# Numbers of two bytes.
names = [f"v{i}" for i in range(300)]
for before in ("", "".join(f"p{i} = 0\n" for i in range(300))):
    source = before + "".join(f"{name} = -1\n" for name in names)
    source += "".join(f"t{i} = [{name} for {name} in ({i}, {name})]\n" for i, name in enumerate(names))
    source += f"def declares():\n    global {', '.join(names)}\n"
    space = {}
    exec(source, space)
    for i, name in enumerate(names):
        assert space[name] == -1 and space[f"t{i}"] == [i, -1], name

# A variable's number has two bytes, the name's has one: it is not changed by halves.
source = "x = 5\n" + "".join(f"t = [w{i} for w{i} in ()]\n" for i in range(300)) + "t = [x for x in (1, 2)]\n"
assert run(source)["t"] == [1, 2]
