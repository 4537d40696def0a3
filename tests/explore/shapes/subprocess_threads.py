"""Subprocesses that threads start."""
import subprocess, sys, threading
out = []
def f(i): out.append(subprocess.run(["echo", str(i)], capture_output=True, text=True).stdout)
ts = [threading.Thread(target=f, args=(i,)) for i in range(2)]
for t in ts:
    t.start()
for t in ts:
    t.join()
assert sorted(out) == ["0\n", "1\n"]
