# expect: exception AssertionError
# variable: state
"""A time limit that falls due at the very moment at which the work is done.

Source: timeouts that race with completion; JaConTeBe's timer tasks that fire beside `cancel`.
Failure: both waits end at the same instant, so the limit may strike first, and the work that was
done in time is counted as late.
"""
import threading
import time

state = "running"


def work():
    global state
    time.sleep(0.05)
    assert state == "running", state
    state = "done"


def too_late():
    global state
    if state == "running":
        state = "late"


threads = [threading.Thread(target=work), threading.Timer(0.05, too_late)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
