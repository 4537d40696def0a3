"""Three threads, one increment each under a lock. Every schedule ends with 3."""
import threading

counter = 0
lock = threading.Lock()


def increment():
    global counter
    with lock:
        counter += 1


threads = [threading.Thread(target=increment) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert counter == 3, counter
