"""Text becomes a tree on demand, whether or not anybody has imported `ast` before."""

import inspect
import subprocess
import sys

ONLY_AST = 0x400


def output(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


assert output("import sys; print('_ast' in sys.modules)") == "False"
for call in (
    "compile('1 + x', 'f', 'eval', 0x400)",
    "compile('1 + x', 'f', 'eval', flags=0x400)",
    "compile('1 + x', 'f', mode='eval', flags=0x8400)",
    "compile(source='1 + x', filename='f', mode='eval', flags=0x400 | 0x1000)",
):
    assert output(f"tree = {call}; print(type(tree).__name__, type(tree.body.op).__name__)") == "Expression Add", call
assert output("import _ast; print(_ast.PyCF_ONLY_AST, _ast.Name.__name__)") == f"{ONLY_AST} Name"
assert output("import ast; print(ast.dump(ast.parse('a', mode='eval').body.ctx))") == "Load()"

# What is no tree is refused as ever.
for wrong in "compile(1, 'f', 'exec')", "compile('1', 'f', 'exec', 1 << 28)", "compile('1', 'f', 'exec', 'flags')":
    done = output(f"try: {wrong}\nexcept (TypeError, ValueError) as error: print(type(error).__name__)")
    assert done in ("TypeError", "ValueError"), (wrong, done)

import ast

tree = compile("x = 1", "f", "exec", ONLY_AST)
assert isinstance(tree, ast.Module)
names = {}
exec(compile(tree, "f", "exec"), names)
assert names["x"] == 1
assert compile.__module__ == "builtins" and compile.__self__ is sys.modules["builtins"]
assert list(inspect.signature(compile).parameters)[:4] == ["source", "filename", "mode", "flags"]

# A deprecated name, which is there whoever imports `ast` first.
pair = ast.parse("1, 2", mode="eval").body
assert pair.dims is pair.elts and len(pair.dims) == 2
pair.dims = []
assert pair.elts == []
