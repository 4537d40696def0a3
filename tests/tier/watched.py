"""`sys.monitoring` sees the jumps of a loop that was compiled before."""

import sys


def loop(n):
    s = 0
    for i in range(n):
        s += i
    return s


LONG = """
def long(n):
    s = 0
    for i in range(n):
        s += i
        if n < 0:
""" + "            n += n * n\n" * 60 + "    return s"
exec(LONG)

loop(5000)
assert long(5000) == 5000 * 4999 // 2
monitoring = sys.monitoring
jumps = []
monitoring.use_tool_id(2, "test")
monitoring.register_callback(2, monitoring.events.JUMP, lambda code, *_: jumps.append(code))
monitoring.set_events(2, monitoring.events.JUMP)
loop(100)
long(100)
monitoring.set_events(2, 0)
assert jumps.count(loop.__code__) == 100, len(jumps)
# The branch that is jumped over in each turn of the longer one is an event, too.
assert jumps.count(long.__code__) in (100, 200), jumps.count(long.__code__)
assert long(5000) == 5000 * 4999 // 2
print("done")
