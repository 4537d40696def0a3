"""Finalizers that run in threads."""
import weakref, threading
class A: pass
log = []
def f():
    a = A(); weakref.finalize(a, log.append, 1); del a
ts = [threading.Thread(target=f) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert log == [1, 1]
