# expect: exception AssertionError
# variable: count
"""A ring buffer whose two ends are separate, but whose count of items is not.

Source: SCTBench's `CS.circular_buffer`.
Failure: producer and consumer change `count` at once, one change is lost, and the buffer
believes to hold an item that it does not, or misses one.
"""
import threading


class Ring:
    def __init__(self, first):
        self.slots = [first, None, None]
        self.head = 0
        self.tail = 1
        self.count = 1

    def put(self, item):
        if self.count < len(self.slots):
            self.slots[self.tail] = item
            self.tail = (self.tail + 1) % len(self.slots)
            self.count += 1

    def get(self):
        if self.count:
            self.slots[self.head] = None
            self.head = (self.head + 1) % len(self.slots)
            self.count -= 1


ring = Ring("a")
threads = [threading.Thread(target=ring.put, args=("b",)), threading.Thread(target=ring.get)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert ring.count == sum(slot is not None for slot in ring.slots), ring.count
