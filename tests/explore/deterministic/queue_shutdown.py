"""A queue that is shut down while workers wait at it and the producer still puts."""
import queue
import threading

jobs = queue.Queue()
done = []


def worker(name):
    try:
        while True:
            done.append((name, jobs.get()))
    except queue.ShutDown:
        done.append((name, "shut down"))


def producer():
    for number in range(4):
        try:
            jobs.put(number)
        except queue.ShutDown:
            done.append(("producer", number))
            return


threads = [threading.Thread(target=worker, args=(name,)) for name in "ab"]
threads.append(threading.Thread(target=producer))
for thread in threads:
    thread.start()
jobs.shutdown()
for thread in threads:
    thread.join()
print(done)
