"""Temporary files and folders of two threads."""
import tempfile, threading, os
def f():
    with tempfile.TemporaryDirectory() as d:
        p = os.path.join(d, "x")
        with open(p, "w") as o: o.write("1")
        assert open(p).read() == "1"
    with tempfile.NamedTemporaryFile() as t: t.write(b"1"); t.flush()
ts = [threading.Thread(target=f) for _ in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
