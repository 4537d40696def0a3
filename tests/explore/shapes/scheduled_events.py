"""A scheduler of events in a thread."""
import sched, time, threading
s = sched.scheduler(time.monotonic, time.sleep)
out = []
s.enter(0.2, 1, out.append, ("b",)); s.enter(0.1, 1, out.append, ("a",))
t = threading.Thread(target=s.run); t.start(); t.join()
assert out == ["a", "b"]
