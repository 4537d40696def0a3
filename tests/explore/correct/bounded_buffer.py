# expect: silent
# outputs: 1
"""A bounded buffer with a condition for each side on one lock, and `notify` of the other side."""
import threading

CAPACITY = 1
lock = threading.Lock()
not_empty = threading.Condition(lock)
not_full = threading.Condition(lock)
buffer = []
received = []


def put(item):
    with lock:
        while len(buffer) == CAPACITY:
            not_full.wait()
        buffer.append(item)
        not_empty.notify()


def get():
    with lock:
        while not buffer:
            not_empty.wait()
        received.append(buffer.pop())
        not_full.notify()


threads = [threading.Thread(target=get) for _ in range(2)]
threads += [threading.Thread(target=put, args=(item,)) for item in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sorted(received) == [0, 1] and not buffer
print(len(received))
