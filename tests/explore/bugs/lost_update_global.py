# expect: exception AssertionError
# variable: counter
"""Lost update: `counter += 1` on a global is a read, an addition and a write.

Source: the oldest one there is; SCTBench's `CS.account` and the `stringbuffer` family rest on it.
Failure: both threads read 0 before either writes, and the final counter is 1.
"""
import threading

counter = 0


def increment():
    global counter
    counter += 1


threads = [threading.Thread(target=increment) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert counter == 2, f"an update was lost: {counter}"
