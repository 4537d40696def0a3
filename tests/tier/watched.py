"""`sys.monitoring` sees the jumps of a loop that was compiled before."""

import sys


def loop(n):
    s = 0
    for i in range(n):
        s += i
    return s


loop(5000)
monitoring = sys.monitoring
jumps = []
monitoring.use_tool_id(2, "test")
monitoring.register_callback(2, monitoring.events.JUMP, lambda code, *_: jumps.append(code))
monitoring.set_events(2, monitoring.events.JUMP)
loop(100)
monitoring.set_events(2, 0)
assert jumps.count(loop.__code__) == 100, len(jumps)
print("done")
