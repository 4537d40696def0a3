# expect: deadlock
"""Dining philosophers, each of whom takes the left fork first.

Source: Dijkstra, EWD-310, 1971; SCTBench's `CS.din_phil3_sat` and its bigger siblings.
Failure: all three hold their left fork and wait for the right one, in a circle.
"""
import threading

SEATS = 3
forks = [threading.Lock() for _ in range(SEATS)]
meals = [0] * SEATS


def philosopher(seat):
    left = forks[seat]
    right = forks[(seat + 1) % SEATS]
    with left:
        with right:
            meals[seat] += 1


threads = [
    threading.Thread(target=philosopher, args=(seat,), name=f"philosopher-{seat}")
    for seat in range(SEATS)
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert meals == [1] * SEATS
