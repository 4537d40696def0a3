"""Two producers, two consumers, one queue: who gets what."""
import queue
import threading

channel = queue.Queue()


def producer(name):
    for number in range(3):
        channel.put(f"{name}{number}")


def consumer(name):
    for _ in range(3):
        print(f"{name} got {channel.get()}\n", end="")


threads = [threading.Thread(target=producer, args=(name,)) for name in "ab"]
threads += [threading.Thread(target=consumer, args=(name,)) for name in "xy"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(channel.qsize())
