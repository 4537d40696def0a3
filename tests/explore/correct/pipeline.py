# expect: silent
# outputs: 1
"""Three stages with bounded queues between them."""
import queue
import threading

END = None
numbers = queue.Queue(maxsize=1)
doubled = queue.Queue(maxsize=1)
result = []


def produce():
    for number in (1, 2, 3):
        numbers.put(number)
    numbers.put(END)


def double():
    while (number := numbers.get()) is not END:
        doubled.put(2 * number)
    doubled.put(END)


def collect():
    while (number := doubled.get()) is not END:
        result.append(number)


threads = [threading.Thread(target=stage) for stage in (produce, double, collect)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert result == [2, 4, 6]
print(result)
