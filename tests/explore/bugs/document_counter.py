# expect: exception AssertionError
# variable: counter
"""The first document's counter: read, sleep, write back, in five threads without a lock.

Source: the block under "Thread Synchronization (Locks)" of the first document, with 2 rounds in
place of 1000 (a schedule of ten sleeps shows all that one of five thousand does) and with an
assertion after its `print`. Its sleep is part of the example, not a help for the explorer.
Failure: the final counter is below 10. Unlike the others this one fails in almost every schedule.
"""
import threading
import time

counter = 0

def increment():
    global counter
    for _ in range(2):
        value = counter
        time.sleep(0.0001)   # simulate context switch (GIL Release)
        counter = value + 1

threads = []

for i in range(5):
    t = threading.Thread(target=increment)
    threads.append(t)
    t.start()

for t in threads:
    t.join()

print("Final counter:", counter)  # Often < 10 because of lost updates
assert counter == 10, counter
