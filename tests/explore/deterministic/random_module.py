"""The module's generator, seeded by nobody, drawn from by two threads."""
import random
import threading


def worker(name):
    for _ in range(3):
        print(name, random.random(), random.randrange(1000), random.choice("xyz"))


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(random.sample(range(100), 5), random.gauss(0, 1))
