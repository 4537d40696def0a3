"""Thread-locals, whose initialiser numbers the threads as they come."""
import itertools
import threading

numbers = itertools.count(1)


class Local(threading.local):
    def __init__(self):
        self.number = next(numbers)


local = Local()


def worker(name):
    print(f"{name} is number {local.number}\n", end="")


threads = [threading.Thread(target=worker, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("main is number", local.number)
