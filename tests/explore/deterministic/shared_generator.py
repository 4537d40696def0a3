"""A generator shared under a lock."""
import threading

lock = threading.Lock()
numbers = (number * number for number in range(8))
log = []


def worker(name):
    while True:
        with lock:
            number = next(numbers, None)
        if number is None:
            return
        log.append((name, number))


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
