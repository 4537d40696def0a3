# expect: silent
# outputs: 1
"""Dining philosophers who take the lower-numbered fork first: no circle can close."""
import threading

SEATS = 3
forks = [threading.Lock() for _ in range(SEATS)]
meals = [0] * SEATS


def philosopher(seat):
    low, high = sorted((seat, (seat + 1) % SEATS))
    for _ in range(2):
        with forks[low], forks[high]:
            meals[seat] += 1


threads = [threading.Thread(target=philosopher, args=(seat,)) for seat in range(SEATS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert meals == [2, 2, 2]
print(meals)
