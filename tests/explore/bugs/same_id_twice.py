# expect: exit 1
# variable: next_id
"""Unique numbers from a property that is read and then raised: two callers get the same one.

Source: "Java Concurrency in Practice", listing 1.1 (UnsafeSequence).
Failure: two orders have one number, and the program exits with status 1, as a batch job would.
"""
import sys
import threading


class Sequence:
    def __init__(self):
        self.next_id = 1

    def take(self):
        taken = self.next_id
        self.next_id = taken + 1
        return taken


sequence = Sequence()
orders = []


def order():
    orders.append(sequence.take())


threads = [threading.Thread(target=order) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

sys.exit(0 if sorted(orders) == [1, 2] else 1)
