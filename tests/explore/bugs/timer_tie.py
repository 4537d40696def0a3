# expect: exception AssertionError
# variable: state
"""A time limit that falls due at the very moment at which the work is done.

Source: timeouts that race with completion; JaConTeBe's timer tasks that fire beside `cancel`.
Failure: both sleeps end at the same instant, so the timer may run before `cancel`, and the job
that was done in time is marked as late.
"""
import threading
import time

state = "running"


def too_late():
    global state
    if state == "running":
        state = "late"


timer = threading.Timer(0.05, too_late)
timer.start()
time.sleep(0.05)
timer.cancel()
timer.join()

assert state == "running", state
