# expect: deadlock
"""Tasks of a thread pool that wait for tasks of the same pool.

Source: "Java Concurrency in Practice", listing 8.1 (ThreadDeadlock); the warning in the
documentation of `concurrent.futures`.
Failure: three clients' reports occupy all workers, and no header that they wait for can run.
"""
import threading
from concurrent.futures import ThreadPoolExecutor

pool = ThreadPoolExecutor(max_workers=3)
printed = []


def header():
    return "header"


def report():
    return pool.submit(header).result() + " and body"


def client():
    printed.append(pool.submit(report).result())


pool.submit(header).result()  # the first worker is there before the first client
threads = [threading.Thread(target=client) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
pool.shutdown()

assert printed == ["header and body"] * 3
