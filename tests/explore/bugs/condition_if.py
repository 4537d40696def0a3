# expect: exception IndexError
# variable: items
"""`if` where `while` is needed around `Condition.wait`: a woken consumer finds the item gone.

Source: Lampson and Redell, "Experience with Processes and Monitors in Mesa", 1980; JaConTeBe's
DBCP and Lucene waits without a loop.
Failure: one consumer is notified, another that comes late takes the item first, and the notified
one pops from an empty list: IndexError in its thread.
"""
import threading

items = []
condition = threading.Condition()


def consumer():
    with condition:
        if not items:
            condition.wait()
        items.pop()


def producer():
    for item in (1, 2):
        with condition:
            items.append(item)
            condition.notify()


threads = [threading.Thread(target=consumer) for _ in range(2)]
threads.append(threading.Thread(target=producer))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
