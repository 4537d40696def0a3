"""Loops whose bodies are so long that their jumps have prefixes do the same while traced."""
import sys
import threading

events = []


def build(count, kind):
    body = "".join(f"        if y == {1000 + i}:\n            total = y\n" for i in range(count))
    ahead = {
        "for": "def f(xs):\n    total = 0\n    for x in xs:\n        y = x\n",
        "while": "def f(xs):\n    total = 0\n    xs = list(xs)\n    while xs:\n        y = xs.pop()\n",
        "generator": "def g(xs):\n    total = 0\n    for x in xs:\n        y = yield x\n        y = x\n",
    }[kind]
    end = "        total += y\n    return total\n"
    if kind == "generator":
        end += "def f(xs):\n    total = yield from g(xs)\n    assert total == 6\n"
    namespace = {}
    exec(ahead + body + end, namespace)
    f = namespace["f"]
    return (lambda xs: sum(f(xs))) if kind == "generator" else f


def check(functions):
    for f in functions:
        assert f([1, 2, 3]) == 6
        assert f([1, 2, 3]) == 6


def all_kinds():
    for kind in ("for", "while", "generator"):
        for count in (0, 10, 19, 20, 21, 22, 40, 60, 200):
            yield build(count, kind)


monitoring = sys.monitoring
TOOL = 3
monitoring.use_tool_id(TOOL, "test")
monitoring.register_callback(TOOL, monitoring.events.LINE, lambda code, line: events.append(line))
begun_before = list(all_kinds())
check(begun_before)

# All code.
monitoring.set_events(TOOL, monitoring.events.LINE)
check(all_kinds())
check(begun_before)
monitoring.set_events(TOOL, 0)
assert len(events) > 1000
check(begun_before)

# Other tools get the number that they ask for, and see no tool that is not theirs.
monitoring.set_events(TOOL, monitoring.events.LINE)
for other in (0, 1, 2, 4, 5):
    assert monitoring.get_tool(other) is None
    monitoring.use_tool_id(other, "other")
    monitoring.free_tool_id(other)
check(all_kinds())
monitoring.set_events(TOOL, 0)

# The code of one function, also from a callback when it begins.
events.clear()
f = build(60, "for")
monitoring.set_local_events(TOOL, f.__code__, monitoring.events.LINE)
check([f])
assert events and set(events) <= set(range(1, 200))
monitoring.set_local_events(TOOL, f.__code__, 0)


def begins(code, offset):
    if code.co_name == "f":
        monitoring.set_local_events(TOOL, code, monitoring.events.LINE)
    return monitoring.DISABLE


monitoring.register_callback(TOOL, monitoring.events.PY_START, begins)
monitoring.set_events(TOOL, monitoring.events.PY_START)
events.clear()
check([build(60, "for"), build(60, "while")])
assert events
monitoring.set_events(TOOL, 0)
monitoring.free_tool_id(TOOL)


# Events in order, as without prefixes.
def lines_of(count):
    f = build(count, "for")
    seen = []
    monitoring.use_tool_id(TOOL, "test")
    monitoring.register_callback(TOOL, monitoring.events.LINE, lambda code, line: seen.append(line))
    monitoring.set_local_events(TOOL, f.__code__, monitoring.events.LINE)
    f([1, 2])
    monitoring.set_local_events(TOOL, f.__code__, 0)
    monitoring.free_tool_id(TOOL)
    return seen


few, many = lines_of(2), lines_of(60)
assert few == [2, 3, 4, 5, 7, 9, 3, 4, 5, 7, 9, 3, 10], few
ifs = list(range(5, 125, 2))
assert many == [2, 3, 4, *ifs, 125, 3, 4, *ifs, 125, 3, 126], many

# sys.settrace, also in a thread.
seen = []


def trace(frame, event, argument):
    seen.append(frame.f_lineno)
    return trace


f = build(60, "for")
sys.settrace(trace)
f([1, 2, 3])
sys.settrace(None)
assert len(seen) > 180
threading.settrace(trace)
thread = threading.Thread(target=check, args=([build(60, "while")],))
thread.start()
thread.join()
threading.settrace(None)
