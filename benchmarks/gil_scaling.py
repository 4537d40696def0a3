"""How two CPU-bound threads share the machine, and how soon a waking thread gets its turn.

Runs on any Python and prints ratios, so that machines and Pythons can be compared:

    cargo pyt run benchmarks/gil_scaling.py          with the GIL: about 1.0
    cargo pyt -X gil=0 benchmarks/gil_scaling.py     without, on two cores or more: about 0.5
    python3 benchmarks/gil_scaling.py

An argument changes the number of loop steps (default 2,000,000 for each thread).
"""

import statistics
import sys
import threading
import time

ROUNDS = 5
WAKE_UPS = 50
PAUSE = 0.01


def count(steps):
    total = 0
    for number in range(steps):
        total += number & 1
    return total


def seconds(work):
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def one_after_the_other(steps):
    for _ in range(2):
        thread = threading.Thread(target=count, args=(steps,))
        thread.start()
        thread.join()


def side_by_side(steps):
    threads = [threading.Thread(target=count, args=(steps,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def scaling(steps):
    """Side by side over one after the other: the median of the rounds' ratios, and all of them."""
    count(steps)  # whatever a Python does on the first run, it has done
    # The two are measured in turn, so that a busy spell of the machine hits both.
    ratios = [
        seconds(lambda: side_by_side(steps)) / seconds(lambda: one_after_the_other(steps))
        for _ in range(ROUNDS)
    ]
    return statistics.median(ratios), ratios


def lateness():
    """How late a thread wakes from a sleep while another one spins: median and worst, in seconds."""
    stop = threading.Event()

    def spin():
        while not stop.is_set():
            pass

    spinner = threading.Thread(target=spin)
    spinner.start()
    late = []
    try:
        for _ in range(WAKE_UPS):
            started = time.perf_counter()
            time.sleep(PAUSE)
            late.append(time.perf_counter() - started - PAUSE)
    finally:
        stop.set()
        spinner.join()
    return statistics.median(late), max(late)


def main():
    steps = int(sys.argv[1]) if len(sys.argv) > 1 else 2_000_000
    # PyPy and CPython before 3.13 have the GIL and no function that says so.
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    interval = sys.getswitchinterval()
    print(f"{sys.implementation.name} {sys.version.split()[0]}, GIL {'on' if gil else 'off'}")

    ratio, ratios = scaling(steps)
    shown = ", ".join(f"{ratio:.2f}" for ratio in sorted(ratios))
    print(f"two threads side by side / one after the other: {ratio:.2f} (rounds: {shown})")

    median, worst = lateness()
    print(f"waking beside a spinning thread: median {median * 1000:.2f} ms, worst {worst * 1000:.2f} ms")
    print(f"  in switch intervals of {interval * 1000:g} ms: {median / interval:.2f}, {worst / interval:.2f}")


if __name__ == "__main__":
    main()
