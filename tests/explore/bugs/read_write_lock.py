# expect: exception AssertionError
# variable: readers
"""A read-write lock whose writer looks for readers and then, separately, lets itself in.

Source: Courtois et al., "Concurrent Control with 'Readers' and 'Writers'", 1971, its rule broken;
SV-COMP's `read_write_lock`.
Failure: a reader enters between the look and the entry, and reads a half-written pair.
"""
import threading

mutex = threading.Lock()
no_readers = threading.Condition(mutex)
readers = 0
pair = [0, 0]


def reader():
    global readers
    with mutex:
        readers += 1
    left, right = pair
    with mutex:
        readers -= 1
        no_readers.notify_all()
    assert left == right, f"read {left} and {right}"


def writer():
    with mutex:
        while readers:
            no_readers.wait()
    # Here a reader may come in: the mutex is not held any more.
    pair[0] = 1
    pair[1] = 1


threads = [threading.Thread(target=writer), threading.Thread(target=reader)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
