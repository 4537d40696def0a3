"""Contexts that threads run in."""
import contextvars, threading
v = contextvars.ContextVar("v", default=0)
seen = []
def f(i):
    v.set(i); seen.append(v.get() == i)
ts = [threading.Thread(target=contextvars.copy_context().run, args=(f, i)) for i in range(3)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert seen == [True] * 3 and v.get() == 0
