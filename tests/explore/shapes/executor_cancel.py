"""A task that is cancelled before it begins, or too late."""
from concurrent.futures import ThreadPoolExecutor
import threading
go = threading.Event()
p = ThreadPoolExecutor(1)
a = p.submit(go.wait); b = p.submit(int)
c = b.cancel(); go.set(); p.shutdown()
assert a.result() and (c == b.cancelled())
