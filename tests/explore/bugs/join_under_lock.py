# expect: deadlock
"""A lock held over the `join` of a thread that needs it to end.

Source: JaConTeBe's shutdown deadlocks (Derby, log4j's AsyncAppender: `close` joins the dispatcher).
Failure: `stop` takes the lock before the dispatcher does, and each waits for the other.
"""
import threading

lock = threading.Lock()
begun = threading.Event()
written = []


def dispatch():
    begun.set()
    with lock:
        written.append("last words")


def stop():
    with lock:
        thread.join()


thread = threading.Thread(target=dispatch, name="dispatcher")
thread.start()
begun.wait()
stop()

assert written == ["last words"]
