"""A wait that times out, and one that does not."""
import queue, threading, time
q = queue.Queue()
def late(): time.sleep(1); q.put(1)
t = threading.Thread(target=late); t.start()
try: q.get(timeout=0.1); assert False
except queue.Empty: pass
assert q.get(timeout=5) == 1
t.join()
