# expect: silent
# options: --inject gc
import threading

lock = threading.RLock()
log = []


class Connection:
    def __init__(self):
        self.itself = self

    def __del__(self):
        with lock:
            log.append("closed")


Connection()
with lock:
    log.append("one")
    log.append("two")
assert [line for line in log if line != "closed"] == ["one", "two"]
