# expect: silent
# outputs: 1
"""Consumers that look again after each wake-up, and a producer that notifies for each item."""
import threading

items = []
taken = []
condition = threading.Condition()


def consumer():
    with condition:
        while not items:
            condition.wait()
        taken.append(items.pop(0))


def producer():
    for item in ("a", "b"):
        with condition:
            items.append(item)
            condition.notify()


threads = [threading.Thread(target=consumer) for _ in range(2)]
threads.append(threading.Thread(target=producer))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert taken == ["a", "b"] and not items
print(taken)
