"""Data of threads that has finalizers."""
import threading
class A:
    def __del__(self): log.append(1)
log = []
local = threading.local()
def f(): local.a = A()
ts = [threading.Thread(target=f) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert log == [1, 1]
