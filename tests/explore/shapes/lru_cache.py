"""A cached function."""
import functools, threading
@functools.lru_cache
def f(x): return x * 2
out = []
ts = [threading.Thread(target=lambda: out.append(f(3))) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert out == [6, 6]
