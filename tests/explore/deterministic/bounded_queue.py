"""A queue for one item, `Full` and `Empty` included."""
import queue
import threading

channel = queue.Queue(maxsize=1)
log = []


def producer(name):
    for number in range(3):
        try:
            channel.put((name, number), timeout=0.002)
        except queue.Full:
            log.append(("full", name, number))


def consumer():
    while True:
        try:
            log.append(channel.get(timeout=0.003))
        except queue.Empty:
            log.append("empty")
            return


threads = [threading.Thread(target=producer, args=(name,)) for name in "ab"]
threads.append(threading.Thread(target=consumer))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(*log, sep="\n")
