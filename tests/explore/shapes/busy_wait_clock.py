"""A loop that looks at the clock."""
import time, threading
def f():
    end = time.monotonic() + 0.01
    while time.monotonic() < end: pass
t = threading.Thread(target=f); t.start(); t.join()
