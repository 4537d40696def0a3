"""Temporary files that begin in memory."""
import tempfile, threading
def f():
    with tempfile.SpooledTemporaryFile(10) as t: t.write(b"1" * 20); t.seek(0); assert len(t.read()) == 20
ts = [threading.Thread(target=f) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
