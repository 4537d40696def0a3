"""The end of a program that never imported `threading`, or only then."""

import subprocess
import sys


def output(code):
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout.split("\n")[:-1]


# `atexit` can import it still, and start threads with it up to the end.
assert output("""
import atexit, sys
@atexit.register
def last():
    import threading
    print(threading.main_thread().name, threading.active_count(), threading is sys.modules["threading"])
    print(hasattr(threading, "Thread"))
print("threading" in sys.modules)
""") == ["False", "MainThread 1 True", "True"]

# Finalizers run: of globals, in cycles and outside, and of what hangs on modules.
found = sorted(output("""
class Tell:
    def __init__(self, name): self.name = name
    def __del__(self): print("end of", self.name)
plain = Tell("plain")
cycle = Tell("cycle")
cycle.itself = cycle
def function(): return cycle
"""))
assert found == ["end of cycle", "end of plain"], found
assert output("""
import random
class Tell:
    def __del__(self): print("end")
random.hung = Tell()
""") == ["end"]

# What is frozen from the start is no less collected when it is thawed.
assert output("""
import gc
gc.unfreeze()
gc.collect()
print(gc.get_freeze_count())
class Node: pass
node = Node(); node.itself = node; del node
print(gc.collect() >= 1)
""") == ["0", "True"]
