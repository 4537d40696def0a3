# expect: silent
# outputs: 1
"""Four guests in a room for two: never three at once, and the room is empty in the end."""
import threading

room = threading.BoundedSemaphore(2)
lock = threading.Lock()
inside = 0
visits = 0


def guest():
    global inside, visits
    with room:
        with lock:
            inside += 1
            visits += 1
            assert inside <= 2
        with lock:
            inside -= 1


threads = [threading.Thread(target=guest) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert inside == 0
print(visits)
