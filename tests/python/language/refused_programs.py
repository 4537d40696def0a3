"""Programs that are right compile, whatever words their comments have; errors are told where they
are, whatever else the program has."""
import ast
import os
import subprocess
import sys
import tempfile

COMMENT = """
def f(**k): return k
result = f(
    release=True  # True for official releases
)
"""
NESTED = """
class A:
    class B:
        if True:
            x: int  # a comment
        else:
            y: str
        z: int = 3
        class C:
            try: a: int; b: str
            except E: pass
    def f():
        class D:
            for i in range(1):
                d: float = 1.0
        return D
"""


def check(namespace):
    if "result" in namespace:
        assert namespace["result"] == {"release": True}
        return
    A = namespace["A"]
    assert A.B.__annotations__ == {"x": int, "z": int} and A.B.z == 3
    assert A.B.C.__annotations__ == {"a": int, "b": str}
    assert A.f().__annotations__ == {"d": float}
    assert A.__annotations__ == {}


for source in (COMMENT, NESTED):
    for text in (source, source.encode()):
        namespace = {}
        exec(text, namespace)
        check(namespace)
        namespace = {}
        exec(compile(text, "x", "exec"), namespace)
        check(namespace)
    namespace = {}
    exec(compile(ast.parse(source), "x", "exec") if source is COMMENT else source, namespace)
    check(namespace)
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "refused_program.py")
        with open(path, "w") as file:
            file.write(source)
        sys.path.insert(0, folder)
        import refused_program
        check(vars(refused_program))
        del sys.modules["refused_program"], sys.path[0]
        subprocess.run([sys.executable, path], check=True)
assert eval("dict(a=1 # for\n)") == {"a": 1}

WRONG = {
    "def f():\n    return lambda a,b:int=1: 0\n\ng = (lambda a, *, c: 0)\n": (2, "invalid syntax"),
    "x = dict(a=1)\ny = [lambda a, *, c: 0]\n\ndef f(:\n    pass\n": (4, "invalid syntax"),
    "if True:\n    a = 1\n\nb = 2 3\n\nc = (lambda *, d: 0)\n": (4, "invalid syntax"),
    "x = (1,\n": (1, "'(' was never closed"),
    "def f():\npass\n": (2, "expected an indented block after function definition on line 1"),
    "f(a for a in b, c)\n": (1, "Generator expression must be parenthesized"),
    "a = 1\n1 = a\n": (2, "cannot assign to literal here. Maybe you meant '==' instead of '='?"),
}
for source, (line, message) in WRONG.items():
    for run in (lambda: compile(source, "x", "exec"), lambda: exec(source)):
        try:
            run()
        except SyntaxError as error:
            assert (error.lineno, error.msg) == (line, message), (source, error.lineno, error.msg)
        else:
            raise AssertionError(source)

# What a program raises itself is its own.
try:
    exec("import ast\nast.parse('f(')")
except SyntaxError as error:
    assert error.__traceback__.tb_next is not None and error.filename == "<unknown>"
