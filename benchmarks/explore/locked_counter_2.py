"""Two threads, one increment each under a lock. Every schedule ends with 2."""
import threading

counter = 0
lock = threading.Lock()


def increment():
    global counter
    with lock:
        counter += 1


threads = [threading.Thread(target=increment) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert counter == 2, counter
