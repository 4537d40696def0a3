"""Five threads that sleep for the same time: who wakes first is a choice."""
import threading
import time


def sleeper(name):
    time.sleep(0.005)
    print(name, end=" ")
    time.sleep(0.005)
    print(name, end=" ")


threads = [threading.Thread(target=sleeper, args=(name,)) for name in "abcde"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print()
