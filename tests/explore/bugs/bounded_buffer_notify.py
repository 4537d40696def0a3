# expect: deadlock
# variable: buffer
"""A bounded buffer with one condition for both sides, and `notify` where `notify_all` is needed.

Source: Cargill's bounded buffer (the c2 wiki's "Extreme Programming Challenge Fourteen"), also in
Magee and Kramer, "Concurrency: State Models and Java Programs".
Failure: a producer's notification wakes a producer, which finds the buffer full and sleeps again.
Then all sleep.
"""
import threading

CAPACITY = 1
buffer = []
changed = threading.Condition()


def put(item):
    with changed:
        while len(buffer) == CAPACITY:
            changed.wait()
        buffer.append(item)
        changed.notify()


def get():
    with changed:
        while not buffer:
            changed.wait()
        buffer.pop()
        changed.notify()


threads = []
for item in range(2):
    threads.append(threading.Thread(target=get))
    threads.append(threading.Thread(target=put, args=(item,)))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
