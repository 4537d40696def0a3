# expect: deadlock
# options: --inject signal:SIGTERM
import signal
import threading

lock = threading.Lock()
events = []


def stop(number, frame):
    with lock:
        events.append("stop")


signal.signal(signal.SIGTERM, stop)
with lock:
    events.append("one")
    events.append("two")
