# expect: silent
# outputs: 1
"""A read-write lock that keeps readers together and the writer alone."""
import threading

changed = threading.Condition()
readers = 0
writing = False
pair = [0, 0]


def read():
    global readers
    with changed:
        while writing:
            changed.wait()
        readers += 1
    left, right = pair
    assert left == right, (left, right)
    with changed:
        readers -= 1
        changed.notify_all()


def write():
    global writing
    with changed:
        while writing or readers:
            changed.wait()
        writing = True
    pair[0] += 1
    pair[1] += 1
    with changed:
        writing = False
        changed.notify_all()


threads = [threading.Thread(target=target) for target in (read, write, read)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert pair == [1, 1]
print(pair)
