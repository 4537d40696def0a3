"""Three threads, one increment each without a lock. The counter ends at 1, 2 or 3.

It asserts nothing: exploring it lists the outcomes.
"""
import threading

counter = 0


def increment():
    global counter
    counter += 1


threads = [threading.Thread(target=increment) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

print(counter)
