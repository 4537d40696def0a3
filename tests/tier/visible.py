"""Nothing of the fast tier is seen in code objects, and looking at them disturbs nothing."""

import copy
import dis
import marshal
import sys
import types

SOURCE = """
def f(n):
    s = 0
    for i in range(n):
        s += i
    return s
def g(n):
    i = 0
    while i < n:
        i += 1
    return i
def h(n):
    i = 0
    while i < n:
        i += 1
    print(end="")
    return i
def k(n):
    s = 0
    for i in range(n):
        s += i
LONG    return s
def m(n):
    i = 0
    while i < n:
        i += 1
LONG    print(end="")
    return i
"""
# The jumps back of these have a prefix.
SOURCE = SOURCE.replace("LONG", "        if n < 0:\n" + "            n += n * n\n" * 60)

# Never run, so never patched.
REFERENCE = [c for c in compile(SOURCE, "x", "exec").co_consts if isinstance(c, types.CodeType)]


def fresh():
    """The functions, hot, each with its code as the compiler made it."""
    names = {}
    exec(compile(SOURCE, "x", "exec"), names)
    for name, code in zip("fghkm", REFERENCE):
        function = names[name]
        for n in (0, 10, 5000):
            assert function(n) == expected(name, n), (name, n)
        yield name, function, code


def expected(name, n):
    return n * (n - 1) // 2 if name in "fk" else n


def listing(code):
    return [(one.opname, one.arg, one.positions) for one in dis.get_instructions(code)]


def works(code, name):
    assert types.FunctionType(code, globals())(7000) == expected(name, 7000)


for name, function, code in fresh():
    assert function.__code__ == code and hash(function.__code__) == hash(code)
    assert function(5000) == expected(name, 5000)
for name, function, code in fresh():
    assert function.__code__.co_code == code.co_code
for name, function, code in fresh():
    assert function.__code__.co_consts == code.co_consts
    assert function.__code__.co_names == code.co_names
    assert function.__code__.co_stacksize == code.co_stacksize
    written = marshal.dumps(function.__code__)
    assert written == marshal.dumps(code)
    works(marshal.loads(written), name)
for name, function, code in fresh():
    copied = function.__code__.replace(co_name="other")
    assert copied.co_code == code.co_code
    works(copied, name)
for name, function, code in fresh():
    works(copy.replace(function.__code__, co_name="other"), name)
for name, function, code in fresh():
    assert listing(function) == listing(code)
    works(function.__code__, name)

# Attributes and truth of built-in functions, which the tier makes use of.
for change in ("del all.x", "all.x = 1"):
    try:
        exec(change)
    except AttributeError as error:
        message = str(error)
        assert message.startswith("'builtin_function_or_method' object has no attribute 'x'")
        assert message.endswith("and no __dict__ for setting new attributes"), message
    else:
        raise AssertionError(change)
assert bool(all) and bool(len)

# A trace sees each line and each instruction, as if nothing had been compiled.
lines = []


def trace(frame, event, argument):
    if frame.f_code.co_filename == "x":
        frame.f_trace_opcodes = True
        if event == "line":
            lines.append(frame.f_lineno)
    return trace


functions = {name: function for name, function, _ in fresh()}
sys.settrace(trace)
functions["f"](3)
functions["g"](2)
sys.settrace(None)
functions["k"](5000)
sys.settrace(trace)
first = len(lines)
functions["k"](3)
functions["m"](2)
sys.settrace(None)
found = [line - functions["k"].__code__.co_firstlineno for line in lines[first:]]
del lines[first:]
end = functions["m"].__code__.co_firstlineno - functions["k"].__code__.co_firstlineno
assert found[:12] == [1, 2, 3, 4, 2, 3, 4, 2, 3, 4, 2, end - 1], found
assert [line - end for line in found[12:]] == [1, 2, 3, 4, 2, 3, 4, 2, 65, 66], found[12:]
assert lines == [3, 4, 5, 4, 5, 4, 5, 4, 6, 8, 9, 10, 9, 10, 9, 11], lines
assert functions["f"](5000) == expected("f", 5000)
print("done")
