# expect: exception AssertionError
# variable: inside
"""A semaphore that is released twice on one path, and so lets two into a room for one.

Source: Downey, "The Little Book of Semaphores", on signalling too often; `BoundedSemaphore` exists
because of it.
Failure: after the first guest is out, two others are inside at once.
"""
import threading

room = threading.Semaphore(1)
count_lock = threading.Lock()
inside = 0


def guest():
    global inside
    room.acquire()
    try:
        with count_lock:
            inside += 1
            assert inside == 1, f"{inside} in a room for one"
        with count_lock:
            inside -= 1
        room.release()
    finally:
        room.release()


threads = [threading.Thread(target=guest) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
