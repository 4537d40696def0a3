"""Sleeps of random length, and the order that follows."""
import random
import threading
import time


def sleeper(name):
    length = random.uniform(0, 0.01)
    time.sleep(length)
    print(name, length)


threads = [threading.Thread(target=sleeper, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
