#!/usr/bin/env python3
"""What a timeline costs: contended locks and queues with a fixed number of operations, with a recording and without.

    benchmarks/recording.py [--pyt PATH] [--rounds N]

Prints for each the smallest processor time and wall time of all rounds, and their ratios. The processor time is the
whole process's: that of the recording's own thread, which writes the file, is in it. Rounds with and without a recording
take turns.
"""

import argparse
import math
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time

TIMES = 200_000


def together(count, work):
    start = threading.Barrier(count + 1)

    def run(number):
        start.wait()
        work(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    start.wait()
    wall, cpu = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.join()
    return time.perf_counter() - wall, time.process_time() - cpu


def critical(make, times):
    guard, count = make(), 0

    def work(_):
        nonlocal count
        for _ in range(times):
            with guard:
                count += 1

    return together(4, work)


def through(producers, consumers, make, total):
    items = make()

    def work(number):
        if number < producers:
            for item in range(total // producers):
                items.put(item)
        else:
            for _ in range(total // consumers):
                items.get()

    return together(producers + consumers, work)


WORK = {
    "one lock, 4 threads": lambda: critical(threading.Lock, TIMES),
    "one RLock, 4 threads": lambda: critical(threading.RLock, TIMES // 2),
    "one semaphore, 4 threads": lambda: critical(threading.Semaphore, TIMES),
    "one condition, 4 threads": lambda: critical(threading.Condition, TIMES // 2),
    "queue of 100, one to one": lambda: through(1, 1, lambda: queue.Queue(100), 4 * TIMES),
    "queue of one, one to one": lambda: through(1, 1, lambda: queue.Queue(1), TIMES // 4),
    "queue of 100, four to four": lambda: through(4, 4, lambda: queue.Queue(100), 2 * TIMES),
    "queue, four to four": lambda: through(4, 4, queue.Queue, 2 * TIMES),
    "SimpleQueue, two to two": lambda: through(2, 2, queue.SimpleQueue, 2 * TIMES),
}


def run(pyt, *flags):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    command = [pyt, "run", *flags, __file__, "--work"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, env=environ)
    return {name: (float(wall), float(cpu)) for name, wall, cpu in (line.split("|") for line in done.stdout.splitlines())}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pyt", default=pathlib.Path(__file__).parent.parent / "target/release/pyt")
    parser.add_argument("--rounds", type=int, default=5)
    given = parser.parse_args()
    off, on = [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(given.rounds):
            off.append(run(given.pyt))
            on.append(run(given.pyt, "--timeline", os.path.join(folder, "trace.html")))
    ratios = []
    for name in WORK:
        least = [min(one[name][kind] for one in rounds) for kind in (1, 0) for rounds in (off, on)]
        ratios.append((least[1] / least[0], least[3] / least[2]))
        print(f"{name:<28} cpu {least[0]:.3f} -> {least[1]:.3f} s: {ratios[-1][0]:.2f}   wall {least[2]:.3f} -> {least[3]:.3f} s: {ratios[-1][1]:.2f}")
    cpu, wall = (math.exp(sum(map(math.log, column)) / len(column)) for column in zip(*ratios))
    print(f"geometric mean: cpu {cpu:.3f}, wall {wall:.3f}")


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        for name, work in WORK.items():
            print(name, *work(), sep="|", flush=True)
    else:
        main()
