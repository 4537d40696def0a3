# expect: exception AssertionError
# variable: b
"""Two writes that belong together, and a reader that sees one without the other.

Source: SCTBench's `CS.reorder_3`, `CS.reorder_4`, ...: setters against one checker.
Failure: the checker looks after `a = 1` and before `b = -1`.
"""
import threading

a = 0
b = 0


def setter():
    global a, b
    a = 1
    b = -1


def checker():
    seen = (a, b)
    assert seen in ((0, 0), (1, -1)), f"torn pair: {seen}"


threads = [threading.Thread(target=setter) for _ in range(2)]
threads.append(threading.Thread(target=checker))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
