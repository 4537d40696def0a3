"""A stack of jobs that is filled while it is emptied."""
import queue
import threading

stack = queue.LifoQueue()
taken = []


def filler(start):
    for number in range(start, start + 3):
        stack.put(number)


def taker():
    for _ in range(3):
        taken.append(stack.get())


threads = [threading.Thread(target=filler, args=(start,)) for start in (0, 10)]
threads += [threading.Thread(target=taker) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(taken)
