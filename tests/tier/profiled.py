"""A profiler sees each call of a native function once."""

import sys

seen = []


def profile(frame, event, argument):
    if event == "c_call":
        seen.append(argument.__name__)


sys.setprofile(profile)
len("x")
sys.setprofile(None)
assert seen == ["len", "setprofile"], seen


def loop(n):
    s = 0
    for i in range(n):
        s += i
    return s


assert loop(5000) == 5000 * 4999 // 2
print("done")
