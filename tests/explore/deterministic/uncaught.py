"""Exceptions that nobody catches, in threads with a name; the reports go to stderr."""
import threading

log = []


def worker(number):
    log.append(number)
    raise RuntimeError(f"{len(log)} came before the end of {number}")


threads = [threading.Thread(target=worker, args=(number,), name=f"worker-{number}") for number in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
