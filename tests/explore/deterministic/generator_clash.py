"""A generator shared without a lock: two threads in it at once is a ValueError."""
import threading

log = []


def count():
    for number in range(6):
        log.append(f"make {number}")
        yield number


numbers = count()


def worker(name):
    try:
        for number in numbers:
            log.append(f"{name} {number}")
    except ValueError as error:
        log.append(f"{name} {error}")


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
