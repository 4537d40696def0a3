"""`frontrun` on locked and unlocked counters: schedules per second, and executions of its DPOR.

    PYTHONPATH=packages python3.14 -m frontrun.cli python3.14 frontrun_counter.py [--schedules N] [--rounds N] [--json]

Speed is that of the locked counter with two threads, one increment each: of the random strategy,
and of DPOR, whose two executions are explored over and over, with and without its watch over files
and sockets. Figures are medians. Executions are those of DPOR that goes on after a failure, with
its default preemption bound (2) and without a bound.

Its command sets up what its random strategy insists on (an environment variable, a preloaded
library).
"""
import argparse
import json
import statistics
import threading
import time

import frontrun


class Locked:
    def __init__(self):
        self.value = 0
        self.lock = threading.Lock()

    def increment(self):
        with self.lock:
            self.value += 1


class Unlocked:
    def __init__(self):
        self.value = 0

    def increment(self):
        self.value += 1


class UnlockedInTwoSteps(Unlocked):
    def increment(self):
        value = self.value
        self.value = value + 1


def explore(counter, threads, **options):
    """One exploration; its invariant holds always, so that nothing but the search is measured."""
    return frontrun.explore(
        setup=counter,
        workers=counter.increment,
        count=threads,
        invariant=lambda shared: 1 <= shared.value <= threads,
        reproduce_on_failure=0,
        **options,
    )


def rate(schedules, **options):
    """Executions per second on the locked counter with two threads."""
    explored = 0
    start = time.perf_counter()
    while explored < schedules:
        result = explore(Locked, 2, **options)
        assert result.property_holds, result
        explored += result.num_explored
    return explored / (time.perf_counter() - start)


def executions(counter, threads, bound):
    """How often DPOR executes the counter, and with which results."""
    results = set()

    def note(shared):
        results.add(shared.value)
        return True

    result = frontrun.explore(
        setup=counter,
        workers=counter.increment,
        count=threads,
        invariant=note,
        strategy="dpor",
        stop_on_first=False,
        preemption_bound=bound,
    )
    return result.num_explored, sorted(results)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    arguments = parser.parse_args()

    ways = {
        "random": {"strategy": "random", "max_attempts": arguments.schedules, "seed": 1},
        "dpor": {"strategy": "dpor"},
        "dpor, I/O not watched": {"strategy": "dpor", "detect_io": False},
    }
    rates = {}
    for name, options in ways.items():
        rate(10, **options)
        measured = [rate(arguments.schedules, **options) for _ in range(arguments.rounds)]
        rates[name] = round(statistics.median(measured), 1)

    counts = {}
    for counter in (Locked, Unlocked, UnlockedInTwoSteps):
        for bound in (2, None):
            found, values = executions(counter, 3, bound)
            counts[f"{counter.__name__}, 3 threads, bound {bound}"] = [found, values]

    if arguments.json:
        print(json.dumps({"frontrun schedules/s": rates, "frontrun executions": counts}))
        return
    for name, value in rates.items():
        print(f"frontrun  {name:<40} {value:8.1f} schedules/s")
    for name, (found, values) in counts.items():
        print(f"frontrun  {name:<40} {found:4} executions, final values {values}")


if __name__ == "__main__":
    main()
