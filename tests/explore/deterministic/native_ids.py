"""The operating system's numbers of threads: unique while they live, and otherwise anything."""
import threading

together = threading.Barrier(3)
numbers = []


def worker():
    numbers.append(threading.get_native_id())
    together.wait()


threads = [threading.Thread(target=worker) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(len(set(numbers)), [numbers.index(thread.native_id) for thread in threads])
