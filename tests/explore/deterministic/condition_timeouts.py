"""Waits that time out at the moment at which the notification comes."""
import threading
import time

condition = threading.Condition()
log = []


def waiter(name, timeout):
    with condition:
        log.append((name, condition.wait(timeout)))


threads = [
    threading.Thread(target=waiter, args=(name, timeout))
    for name, timeout in (("a", 0.002), ("b", 0.004), ("c", 0.006))
]
for thread in threads:
    thread.start()
time.sleep(0.004)
with condition:
    condition.notify_all()
for thread in threads:
    thread.join()
print(log)
