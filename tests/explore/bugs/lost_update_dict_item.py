# expect: exception AssertionError
# variable: counts['b']
"""Lost update on the item of a dict: word counts that two threads add to without a lock.

Source: the word count of every map-reduce tutorial, its shared table left unlocked.
Failure: `counts["b"]`, which both threads touch, is 1 and not 2.
"""
import threading

counts = {"a": 0, "b": 0, "c": 0}


def count(words):
    for word in words:
        counts[word] += 1


threads = [
    threading.Thread(target=count, args=("ab",)),
    threading.Thread(target=count, args=("bc",)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert counts == {"a": 1, "b": 2, "c": 1}, f"an update was lost: {counts}"
