"""A dictionary of weak references."""
import weakref, threading
class A: pass
d = weakref.WeakValueDictionary()
keep = [A() for _ in range(2)]
lock = threading.Lock()
def f(i):
    with lock: d[i] = keep[i]
ts = [threading.Thread(target=f, args=(i,)) for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert len(d) == 2
