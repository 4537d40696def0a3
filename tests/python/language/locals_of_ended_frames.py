"""`f_locals` of frames that have ended, of modules with comprehensions, under `sys.settrace` and without."""

import sys
import traceback


def trace(frame, event, arg):
    seen.append((event, frame.f_lineno, sorted(name for name in frame.f_locals if name != "__builtins__")))
    return trace


def ended(text, function):
    """The frame of a module that raised, and the text of its traceback."""
    namespace = {}
    sys.settrace(function)
    try:
        exec(compile(text, "module.py", "exec"), namespace)
    except Exception as raised:
        sys.settrace(None)
        frame = raised.__traceback__.tb_next.tb_frame
        shown = traceback.TracebackException.from_exception(raised, capture_locals=True)
        return frame, namespace, "".join(shown.format())
    finally:
        sys.settrace(None)
    raise AssertionError("no error")


for function in (None, trace):
    for text, last in (
        ("x = [i for i in range(3)]\nraise NameError('y')\n", "NameError: y"),
        ("x = [i for i in range(3)]\nrange_\n", "Did you mean: 'range'?"),
        ("x = 1\ny = [1 / (j - 1) for j in range(3)]\n", "ZeroDivisionError: division by zero"),
        ("x = {k: [(lambda: v) for v in range(k)] for k in range(2)}\nclass C:\n    y = [z for z in x]\nx()\n",
         "'dict' object is not callable"),
    ):
        seen = []
        frame, namespace, shown = ended(text, function)
        assert frame.f_locals["x"] == namespace["x"], frame.f_locals
        assert shown.rstrip().endswith(last) and "    x = " in shown, shown
        assert bool(seen) == bool(function)
        if function:
            assert seen[-1][2][-1:] in (["x"], ["y"]), seen[-1]
