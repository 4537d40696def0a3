"""The `sched` module in two threads, with events that tie."""
import sched
import threading
import time

log = []


def worker(name):
    scheduler = sched.scheduler(time.monotonic, time.sleep)
    for step in range(3):
        scheduler.enter(0.002, 1, log.append, argument=(f"{name}{step}",))
    scheduler.enter(0.001, 1, log.append, argument=(f"{name} early",))
    scheduler.run()


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
