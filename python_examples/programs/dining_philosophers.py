"""Five philosophers, five forks, no deadlock.

Each needs the two forks beside the plate. If all took the left one first, each could hold one and
wait for ever for the other. Here every philosopher takes the fork with the lower number first, so
a circle of waiting cannot close: whoever holds the highest fork of a chain waits for nobody.
"""

import threading
import time

SEATS = 5
MEALS = 10


def dine(seat, forks, at_table, meals):
    first, second = sorted((seat, (seat + 1) % SEATS))
    for _ in range(MEALS):
        with forks[first], forks[second]:
            # Both neighbours need a fork that is in this hand, so neither can be eating.
            at_table[seat] = True
            left, right = at_table[seat - 1], at_table[(seat + 1) % SEATS]
            if left or right:
                raise AssertionError(f"philosopher {seat} and a neighbour eat at the same time")
            time.sleep(0.001)
            at_table[seat] = False
            meals[seat] += 1


def main():
    forks = [threading.Lock() for _ in range(SEATS)]
    at_table = [False] * SEATS
    meals = [0] * SEATS
    table = [
        threading.Thread(target=dine, args=(seat, forks, at_table, meals)) for seat in range(SEATS)
    ]
    for philosopher in table:
        philosopher.start()
    for philosopher in table:
        philosopher.join()

    for seat, eaten in enumerate(meals):
        print(f"philosopher {seat} ate {eaten} times")
    print("forks on the table:", sum(not fork.locked() for fork in forks))


if __name__ == "__main__":
    main()
