"""A sum of floats in the order of a race: its last digits depend on it."""
import threading

lock = threading.Lock()
total = 0.0


def add(values):
    global total
    for value in values:
        with lock:
            total += value


shares = ([0.1, 0.7, 1e16], [0.2, -1e16], [0.3, 1e-3])
threads = [threading.Thread(target=add, args=(values,)) for values in shares]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(repr(total))
