# expect: deadlock
"""An event that is cleared after it was set, by a receiver that prepares too late.

Source: JaConTeBe's missed notifications; Win32's `PulseEvent`, given up for the same reason.
Failure: the message arrives before the receiver clears the event "to start fresh"; it waits for ever.
"""
import threading

arrived = threading.Event()
mailbox = []


def receiver():
    arrived.clear()
    arrived.wait()
    assert mailbox == ["hello"]


def sender():
    mailbox.append("hello")
    arrived.set()


threads = [threading.Thread(target=receiver), threading.Thread(target=sender)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
