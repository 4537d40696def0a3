"""Attempts to take a lock without waiting, and with a limit."""
import threading
import time

lock = threading.Lock()
log = []


def impatient(name):
    if lock.acquire(blocking=False):
        log.append(f"{name} has it")
        time.sleep(0.002)
        lock.release()
    elif lock.acquire(timeout=0.002):
        log.append(f"{name} waited")
        lock.release()
    else:
        log.append(f"{name} gave up")


threads = [threading.Thread(target=impatient, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
