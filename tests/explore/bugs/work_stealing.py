# expect: exception AssertionError
# variable: head
"""A work-stealing deque whose owner pops at one end while a thief steals at the other, unlocked.

Source: CHESS's `WorkStealQueue`, SCTBench's `chess.WSQ`.
Failure: with one job left, owner and thief both see it, and it is done twice.
"""
import threading

jobs = ["compress", "send"]
head = 0
tail = len(jobs)
done = []


def steal():
    global head
    position = head
    if position < tail:
        head = position + 1
        done.append(jobs[position])


def pop():
    global tail
    position = tail - 1
    if head <= position:
        tail = position
        done.append(jobs[position])


def owner():
    pop()
    pop()


threads = [threading.Thread(target=owner), threading.Thread(target=steal)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sorted(done) == sorted(jobs), done
