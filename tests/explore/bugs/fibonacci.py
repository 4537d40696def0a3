# expect: exit 1
# variable: i
"""Two threads add each other's numbers up; only one strict alternation reaches the bound.

Source: SV-COMP's and SCTBench's `fib_bench` (here with two rounds: 8 is the largest value).
Failure: `i += j` and `j += i` alternate without a flaw, and the program exits with status 1.
"""
import sys
import threading

ROUNDS = 2
LARGEST = 8
i = 1
j = 1


def add_to_i():
    global i
    for _ in range(ROUNDS):
        i += j


def add_to_j():
    global j
    for _ in range(ROUNDS):
        j += i


threads = [threading.Thread(target=add_to_i), threading.Thread(target=add_to_j)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

if max(i, j) >= LARGEST:
    sys.exit(1)
