"""Threads that write to one log."""
import logging, threading, io
s = io.StringIO(); logging.basicConfig(stream=s, format="%(message)s")
ts = [threading.Thread(target=logging.warning, args=("x",)) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert s.getvalue() == "x\nx\n"
