"""Timeouts that are whole numbers: seconds, wherever they are given."""
import queue
import threading
import time

event, condition, semaphore = threading.Event(), threading.Condition(), threading.Semaphore(0)
full = queue.Queue(1)
full.put(1)


def wait_for_condition():
    with condition:
        return condition.wait(1)


def expect(error, function, **arguments):
    try:
        function(**arguments)
    except error:
        return False
    return True


waits = [
    lambda: event.wait(1),
    wait_for_condition,
    lambda: semaphore.acquire(timeout=1),
    lambda: semaphore.acquire(timeout=True),
    lambda: expect(queue.Empty, queue.Queue().get, timeout=1),
    lambda: expect(queue.Empty, queue.Queue().get, timeout=True),
    lambda: expect(queue.Empty, queue.SimpleQueue().get, timeout=1),
    lambda: expect(queue.Full, full.put, item=2, timeout=1),
]
took = [None] * len(waits)


def run(number):
    began = time.monotonic()
    assert waits[number]() is False
    took[number] = time.monotonic() - began


threads = [threading.Thread(target=run, args=(number,)) for number in range(len(waits))]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
# None came back early; late is the machine's affair, but not by minutes.
assert all(seconds is not None and 0.99 <= seconds < 30 for seconds in took), took
