# expect: exception AssertionError
# variable: mirror
"""A value and its mirror are written in two stages, each under a lock of its own.

Source: SCTBench's `CS.twostage`.
Failure: a reader comes between the stages, sees the new value and the old mirror, and its
assertion that the mirror is one ahead fails.
"""
import threading

value_lock = threading.Lock()
mirror_lock = threading.Lock()
value = 0
mirror = 0


def writer():
    global value, mirror
    with value_lock:
        value = 1
    with mirror_lock:
        mirror = value + 1


def reader():
    with value_lock:
        seen = value
    if seen:
        with mirror_lock:
            assert mirror == seen + 1, "the mirror lags behind"


threads = [threading.Thread(target=writer), threading.Thread(target=reader)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
