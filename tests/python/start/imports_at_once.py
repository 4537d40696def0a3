"""Many threads import a module for the first time: each gets it whole."""

import subprocess
import sys

CODE = """
import _thread, sys, time

NAMES = {names!r}
assert not NAMES.keys() & sys.modules.keys()
ready, done, wrong = [], [], []

def work():
    ready.append(None)
    while len(ready) < 8:
        pass
    for name, attributes in NAMES.items():
        module = __import__(name)
        wrong.extend((name, one) for one in attributes if not hasattr(module, one))
    done.append(None)

for _ in range(8):
    _thread.start_new_thread(work, ())
while len(done) < 8:
    time.sleep(0.001)
assert not wrong, wrong
"""
NAMES = {
    "queue": ["Queue", "LifoQueue", "PriorityQueue", "SimpleQueue", "Empty", "Full", "ShutDown"],
    "threading": ["Thread", "Timer", "Barrier", "main_thread", "_dangling", "_active", "__all__"],
}

for names in NAMES, dict(reversed(NAMES.items())):
    for _ in range(10):
        done = subprocess.run([sys.executable, "-c", CODE.format(names=names)], capture_output=True, text=True, timeout=60)
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
