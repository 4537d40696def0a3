# expect: exception AssertionError
# variable: histogram[1]
"""Lost update on the item of a list: a histogram that two threads fill.

Source: parallel histogram, the standard example of a reduction that needs atomics.
Failure: bin 1, which both threads fill, holds 1 and not 2.
"""
import threading

histogram = [0, 0, 0]


def fill(values):
    for value in values:
        histogram[value] += 1


threads = [
    threading.Thread(target=fill, args=([0, 1],)),
    threading.Thread(target=fill, args=([1, 2],)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert histogram == [1, 2, 1], f"an update was lost: {histogram}"
