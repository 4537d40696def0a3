"""`global` behind an assignment or a use is refused, also where the name is global already."""
import os
import subprocess
import sys
import tempfile

BEFORE = "def f():\n    global x\n"
ASSIGNED = "name 'x' is assigned to before global declaration"
USED = "name 'x' is used prior to global declaration"
ANNOTATED = "annotated name 'x' can't be global"


def refused(source):
    try:
        compile(source, "name.py", "exec")
    except SyntaxError as error:
        assert error.filename == "name.py"
        return error.msg, error.lineno, error.offset, error.end_lineno, error.end_offset


for statement, message in {
    "x = 1": ASSIGNED,
    "for x in []: pass": ASSIGNED,
    "del x": ASSIGNED,
    "def x(): pass": ASSIGNED,
    "class x: pass": ASSIGNED,
    "(x := 1)": ASSIGNED,
    "x += 1": ASSIGNED,
    "with a as x: pass": ASSIGNED,
    "type x = int": ASSIGNED,
    "a, [x, *b] = c": ASSIGNED,
    "match 1:\n    case {'a': [x]}: pass": ASSIGNED,
    "match 1:\n    case [*x]: pass": ASSIGNED,
    "try: pass\nexcept OSError as x: pass": ASSIGNED,
    "if 1:\n    while 1:\n        x = 1": ASSIGNED,
    "print(x)": USED,
    "def g(a=x): pass": USED,
    "@x\ndef g(): pass": USED,
    "class g(x): pass": USED,
    "x.a = 1": USED,
    "[a for a in x]": USED,
    "lambda a=x: a": USED,
    "f'{x}'": USED,
    "x = x": USED,
    "x: int": ANNOTATED,
    "x: int = 1": ANNOTATED,
    "(x): int = 1": ASSIGNED,
    # These have names of their own, or none.
    "import x": None,
    "from a import b as x": None,
    "f.x = 1": None,
    "f(x=1)": None,
    "[x for x in ()]": None,
    "[a for a in () if x]": None,
    "lambda x: x": None,
    "y: x": None,
    "def g(a: x) -> x: x": None,
    "class g: x = 1": None,
    "def g():\n    x = 1": None,
    "[(x := a) for a in ()]": None,
}.items():
    source = f"{BEFORE}{statement}\nglobal x\n"
    line = source.count("\n")
    expected = message and (message, line, 1, line, 9)
    assert refused(source) == expected, (statement, refused(source))

# In functions and classes, with one before in the same block.
assert refused("def f():\n    global x\n    x = 1\n    global x\n") == (ASSIGNED, 4, 5, 4, 13)
assert refused("class C:\n    global x\n    x = 1\n    global x\n") == (ASSIGNED, 4, 5, 4, 13)
assert refused("x = 1\ndef f():\n    global x\nif 1:\n    global y, x\n") == (ASSIGNED, 5, 5, 5, 16)
assert refused("def f():\n    global x\n    def g():\n        global x\n    x = 1\n") is None
assert refused("def f():\n    global x\n    global x\n") is None
assert refused("class C:\n    def m(self):\n        global x\n    y = 1\n    global x\n") is None
assert refused("'global'\n# global x\nx = 1\n") is None
assert refused("def f(x):\n    global x\n")[0] == "name 'x' is parameter and global"

# By each way to compile a program.
source = f"{BEFORE}x = 1\nglobal x\n"
for run in (lambda: exec(source), lambda: exec(source.encode()), lambda: exec(compile(source, "", "exec"))):
    try:
        run()
    except SyntaxError as error:
        assert error.msg == ASSIGNED, error
    else:
        raise AssertionError("it was accepted")
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "late_global.py")
    with open(path, "w") as file:
        file.write(source)
    ended = subprocess.run([sys.executable, path], capture_output=True, text=True)
    assert ended.returncode == 1 and f"SyntaxError: {ASSIGNED}" in ended.stderr, ended.stderr
    assert f'File "{path}", line 4' in ended.stderr, ended.stderr
    sys.path.insert(0, folder)
    try:
        import late_global
    except SyntaxError as error:
        assert (error.msg, error.lineno, error.filename) == (ASSIGNED, 4, path)
    else:
        raise AssertionError("it was accepted")
