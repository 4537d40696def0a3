"""`cProfile` counts calls and times them; `tracemalloc` traces, or says that it does not."""
import cProfile
import io
import os
import pstats
import subprocess
import sys
import tempfile


def leaf(n):
    return len(range(n))


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def work():
    for _ in range(10):
        leaf(3)
    fib(10)
    try:
        int("x")
    except ValueError:
        pass


profiler = cProfile.Profile()
result = profiler.runcall(lambda: (work(), 5)[1])
assert result == 5
stats = pstats.Stats(profiler).stats


def of(name):
    found = [times for (file, line, function), times in stats.items() if function == name]
    assert len(found) == 1, (name, sorted(stats))
    return found[0]


assert of("leaf")[:2] == (10, 10)
assert of("fib")[:2] == (1, 177), of("fib")[:2]
callers = {caller[2]: times[:2] for caller, times in of("fib")[4].items()}
assert callers["work"] == (1, 1) and callers["fib"][0] == 176, callers
assert of("work")[3] >= of("work")[2] >= 0
try:
    with cProfile.Profile() as one:
        other = cProfile.Profile()
        other.enable()
except ValueError as error:
    assert "already" in str(error)
else:
    raise AssertionError("two profilers")
assert sys.getprofile() is None

text = io.StringIO()
pstats.Stats(profiler, stream=text).sort_stats("cumulative").print_stats()
assert "function calls" in text.getvalue() and "leaf" in text.getvalue()
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "program.py")
    with open(path, "w") as file:
        file.write("import sys, json\ndef f(): return json.dumps([1])\nprint(f(), sys.argv[1:], __name__)\n")
    out = os.path.join(folder, "stats")
    run = [sys.executable, "-m", "cProfile", "-o", out, path, "a", "b"]
    done = subprocess.run(run, check=True, capture_output=True, text=True)
    assert done.stdout.startswith("[1] ['a', 'b'] __main__"), done
    names = {function for _, _, function in pstats.Stats(out).stats}
    assert {"f", "dumps"} <= names, names
    done = subprocess.run(run[:3] + ["-s", "tottime", path], check=True, capture_output=True, text=True)
    assert "Ordered by: internal time" in done.stdout, done.stdout

import tracemalloc

assert tracemalloc.is_tracing() is False and tracemalloc.get_object_traceback(object()) is None
try:
    tracemalloc.start()
except NotImplementedError as error:
    assert "cannot trace" in str(error) and not tracemalloc.is_tracing()
else:
    kept = [bytes(10000) for _ in range(100)]
    assert tracemalloc.get_traced_memory()[0] > 500_000
    tracemalloc.stop()
assert tracemalloc.get_traced_memory() == (0, 0)
