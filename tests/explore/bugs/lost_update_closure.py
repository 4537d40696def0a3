# expect: exception AssertionError
# variable: total
"""Lost update on a closure cell: `nonlocal total; total += n` in a callback that threads share.

Source: callbacks that accumulate into the enclosing function (progress reporters, GUI code).
Failure: one of the two amounts is missing from the total.
"""
import threading


def make_accumulator():
    total = 0

    def add(amount):
        nonlocal total
        total += amount

    def read():
        return total

    return add, read


add, read = make_accumulator()
threads = [threading.Thread(target=add, args=(amount,)) for amount in (10, 32)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert read() == 42, f"an update was lost: {read()}"
