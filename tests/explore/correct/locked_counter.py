# expect: silent
# outputs: 1
"""A counter whose every increment holds the lock."""
import threading

lock = threading.Lock()
counter = 0


def increment():
    global counter
    for _ in range(2):
        with lock:
            counter += 1


threads = [threading.Thread(target=increment) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert counter == 6
print(counter)
