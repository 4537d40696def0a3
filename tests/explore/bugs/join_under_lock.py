# expect: deadlock
"""A lock held over the `join` of a thread that needs it to end.

Source: JaConTeBe's shutdown deadlocks (Derby, log4j's AsyncAppender: `close` joins the dispatcher).
Failure: `stop` takes the lock before the worker does, and each waits for the other.
"""
import threading

lock = threading.Lock()
written = []


def worker():
    with lock:
        written.append("last words")


thread = threading.Thread(target=worker, name="dispatcher")


def stop():
    with lock:
        thread.join()


thread.start()
stop()

assert written == ["last words"]
