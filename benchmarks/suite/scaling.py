"""How threads that compute share the machine, and what a switch of the GIL costs.

A speed-up compares with the same work done one thread after the other: 1 is what a GIL allows, 2 is
what two threads on two free cores reach without one. The two are measured in turn, so that a busy
spell of the machine hits both.
"""

import statistics
import sys
import threading
import time

from _measure import Suite, gil_is_on, join, together

suite = Suite(__doc__)

STEPS = 1_000_000

# Seconds between the switches whose cost is measured.
INTERVAL = 0.001


def count(steps):
    total = 0
    for number in range(steps):
        total += number & 1
    return total


def objects(steps):
    """Allocates, and calls methods: what a Python without a GIL must make safe."""
    names = {}
    for number in range(steps // 4):
        names[str(number & 255)] = [number, number + 1]
    return len(names)


def one_after_the_other(threads, work):
    started = time.perf_counter()
    for _ in range(threads):
        thread = threading.Thread(target=work, daemon=True)
        thread.start()
        join([thread])
    return time.perf_counter() - started


def speed_up(name, threads, work):
    @suite.values(name)
    def measure(effort):
        steps = 100 if effort.smoke else STEPS // 10 if effort.rough else STEPS
        work(steps)  # whatever a Python does on the first run, it has done
        ratios = []
        for _ in range(effort.samples):
            alone = one_after_the_other(threads, lambda: work(steps))
            ratios.append(alone / together(threads, lambda _: work(steps)))
        yield "", statistics.median(ratios), "x"


speed_up("speed-up of 2 computing threads", 2, count)
speed_up("speed-up of 4 computing threads", 4, count)
speed_up("speed-up of 2 threads that make objects", 2, objects)


@suite.values("one computing thread")
def one_thread(effort):
    steps = 100 if effort.smoke else STEPS // 10 if effort.rough else STEPS
    count(steps)
    best = min(one_after_the_other(1, lambda: count(steps)) for _ in range(effort.samples))
    yield "time per step", best / steps, "s"


@suite.values("GIL switch between computing threads")
def switch(effort):
    """From the last sign of life of the one thread to the first of the other, median."""
    if not gil_is_on():
        return
    moments = 100 if effort.smoke else 30_000 if effort.rough else 300_000
    gaps = []

    def work(me):
        mine = 0.0
        for _ in range(moments):
            # In this order: a switch anywhere in here is missed at worst, and never looks shorter.
            others = signs[1 - me]
            now = time.perf_counter()
            # After a switch the thread has been away for about the interval; one that was not ran
            # beside the other, as after foreign code it may for a moment.
            if others > mine and now - mine > INTERVAL / 2:
                gaps.append(now - others)
            signs[me] = mine = now

    interval = sys.getswitchinterval()
    sys.setswitchinterval(INTERVAL)
    try:
        while not gaps:
            signs = [0.0, 0.0]  # each thread's last sign of life
            together(2, work)
    finally:
        sys.setswitchinterval(interval)
    yield "", statistics.median(gaps), "s"


if __name__ == "__main__":
    suite.main()
