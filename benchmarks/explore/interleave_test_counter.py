"""`interleave-test` on the locked counter with two threads: schedules per second.

    PYTHONPATH=packages python3.14 interleave_test_counter.py [--schedules N] [--rounds N] [--json]

Each strategy at each granularity is run `--rounds` times after one short round to warm up; what is
printed is the median. The model is what its documentation recommends: threads by `spawn`, the lock
by the module's own class, nothing but the increment under it.
"""
import argparse
import json
import statistics
import time

import interleave_test as it


def model():
    counter = 0
    lock = it.Lock()

    def increment():
        nonlocal counter
        with lock:
            counter += 1

    tasks = [it.spawn(increment) for _ in range(2)]
    for task in tasks:
        task.join()
    assert counter == 2, counter


def rate(schedules, **options):
    """Schedules per second of one exploration of the model."""
    start = time.perf_counter()
    result = it.explore(model, iterations=schedules, seed=1, **options)
    elapsed = time.perf_counter() - start
    assert result.ok
    return result.schedules_run / elapsed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--schedules", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of lines")
    arguments = parser.parse_args()
    rate(20)
    figures = {}
    for strategy in ("random", "pct", "dfs"):
        for granularity in ("opcode", "line"):
            rates = [
                rate(arguments.schedules, strategy=strategy, granularity=granularity)
                for _ in range(arguments.rounds)
            ]
            figures[f"{strategy}, by {granularity}"] = round(statistics.median(rates), 1)
    if arguments.json:
        print(json.dumps({"interleave-test schedules/s": figures}))
        return
    for name, value in figures.items():
        print(f"interleave-test  {name:<20} {value:8.1f} schedules/s")


if __name__ == "__main__":
    main()
