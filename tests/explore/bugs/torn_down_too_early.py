# expect: exception AttributeError
# variable: queue_lock
"""The main thread takes a lock away that a worker still uses.

Source: SCTBench's `CB.pbzip2-0.9.4`: `main` frees the queue's mutex while a consumer runs.
Failure: the worker says that it is done and then looks once more; the lock is None by then.
"""
import threading

work = ["block"]
finished = threading.Event()


class Fifo:
    queue_lock = threading.Lock()


fifo = Fifo()


def consumer():
    while True:
        fifo.queue_lock.acquire()
        if not work:
            finished.set()
            fifo.queue_lock.release()
            return
        work.pop()
        fifo.queue_lock.release()


worker = threading.Thread(target=consumer)
worker.start()
finished.wait()
fifo.queue_lock = None
worker.join()
