"""A lock of multiprocessing among threads."""
import multiprocessing, threading
lock = multiprocessing.Lock()
n = 0
def f():
    global n
    with lock: n += 1
ts = [threading.Thread(target=f) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert n == 2
