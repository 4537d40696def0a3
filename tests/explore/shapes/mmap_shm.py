"""Shared memory."""
import mmap, threading
m = mmap.mmap(-1, 16)
def f(i): m[i] = 1
ts = [threading.Thread(target=f, args=(i,)) for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert m[:2] == b"\x01\x01"
