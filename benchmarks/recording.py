#!/usr/bin/env python3
"""What a timeline costs, and what it keeps: `docs/timeline.md` has its figures.

    benchmarks/recording.py [--pyt PATH] [--rounds N] [PART...]

The parts are

- cost: contended locks and queues with a fixed number of operations, with a recording and without, in turns. For each the
  smallest processor time and wall time of all rounds, and their ratios. The processor time is the whole process's: that of
  the recording's own thread, which writes the file, is in it.
- rate: how many events are recorded a second, and how many are lost, at several rates of waits.
- size: the bytes of an event in each kind of file.
- page: how long a page with as many events as it can have takes to open in a headless Chromium.

Without names, all. The figures depend on what else the machine does: the load is printed first.
"""

import argparse
import json
import math
import os
import pathlib
import queue
import re
import subprocess
import sys
import tempfile
import threading
import time

HERE = pathlib.Path(__file__).parent
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


# Those of suite/contended.py.
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


def paced(pairs, seconds, pause):
    """Pairs of threads that do nothing but wake one another, after so many empty turns of a loop each."""
    end = time.monotonic() + seconds

    def work(mine, other):
        while time.monotonic() < end:
            other.release()
            for _ in range(pause):
                pass
            mine.acquire()
        other.release()

    threads = []
    for _ in range(pairs):
        locks = [threading.Semaphore(0) for _ in range(2)]
        threads += [threading.Thread(target=work, args=pair) for pair in (locks, locks[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def run(pyt, *arguments):
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run([pyt, "run", *arguments], check=True, capture_output=True, text=True, env=environ)
    return done.stdout


def work(pyt, *flags):
    lines = run(pyt, *flags, __file__, "--work").splitlines()
    return {name: (float(wall), float(cpu)) for name, wall, cpu in (line.split("|") for line in lines)}


def cost(given, folder):
    off, on = [], []
    for _ in range(given.rounds):
        off.append(work(given.pyt))
        on.append(work(given.pyt, "--timeline", os.path.join(folder, "trace.html")))
    ratios = []
    for name in WORK:
        least = [min(one[name][kind] for one in rounds) for kind in (1, 0) for rounds in (off, on)]
        ratios.append((least[1] / least[0], least[3] / least[2]))
        print(f"{name:<28} cpu {least[0]:.3f} -> {least[1]:.3f} s: {ratios[-1][0]:.2f}   wall {least[2]:.3f} -> {least[3]:.3f} s: {ratios[-1][1]:.2f}")
    cpu, wall = (math.exp(sum(map(math.log, column)) / len(column)) for column in zip(*ratios))
    print(f"geometric mean: cpu {cpu:.3f}, wall {wall:.3f}")


def read(file):
    """How many events a trace has, and what was dropped and lost."""
    text = pathlib.Path(file).read_bytes()
    about = json.loads(b'{"' + text[text.rindex(b'otherData') :].rstrip()[:-1] + b"}")["otherData"]
    marks = len(re.findall(rb'"s":"t"', text)) - len(re.findall(rb'"ph":"s"', text))
    events = len(re.findall(rb'"ph":"[Xs]"', text)) + marks
    return events, int(about["oldest events dropped"]), int(about["events lost"]), len(text)


def rate(given, folder):
    """An event is a slice, an arrow or a mark. What is lost are moments, of which a wait has three."""
    file = os.path.join(folder, "trace.json")
    for flags in [], ["-X", "gil=0"]:
        for pairs, pause in (1, 10_000), (1, 1000), (1, 200), (1, 0), (4, 0):
            command = ["--paced", str(pairs), str(given.seconds), str(pause)]
            run(given.pyt, *flags, "--timeline", file, __file__, *command)
            kept, dropped, lost, _ = read(file)
            a_second = (kept + dropped) / given.seconds
            share = lost / (lost + .75 * (kept + dropped))
            print(f"{'without' if flags else 'with'} the GIL, {2 * pairs} threads, pauses of {pause:>6}: {a_second:>9,.0f} events a second, {lost} moments lost ({share:.1%})")


def size(given, folder):
    for ending in "json", "html":
        file = os.path.join(folder, "trace." + ending)
        run(given.pyt, "--timeline", file, __file__, "--paced", "2", "1", "300")
        length = os.path.getsize(file)
        if ending == "json":
            count, _, _, _ = read(file)
        else:
            text = pathlib.Path(file).read_text()
            length -= text.index('<script type="application/json" class="chunk"')
            count = items_of_page(text)
        print(f"{ending}: {length / count:.0f} bytes an event, of {count:,}")


def items_of_page(text):
    lengths, count = (10, 6, 4), 0
    for numbers in re.findall(r'"items":\[([0-9,-]+)\]', text):
        numbers, at = numbers.split(","), 0
        while at < len(numbers):
            at += lengths[int(numbers[at])]
            count += 1
    return count


def page(given, folder):
    sys.path.insert(0, str(HERE.parent / "tests" / "pictures"))
    import browser

    if browser.program() is None:
        print("page: there is no Chromium (PYT_CHROMIUM may name one)")
        return
    file = os.path.join(folder, "trace.html")
    for pairs, least in (1, 1_000_000), (100, 1_000_000):
        seconds = 2
        while True:
            run(given.pyt, "--timeline", file, __file__, "--paced", str(pairs), str(seconds), "0")
            text = pathlib.Path(file).read_text()
            dropped = int(re.search(r'"dropped":(\d+)', text[text.rindex('class="end"') :])[1])
            count = items_of_page(text)
            if count >= .9 * least or dropped:
                break
            # What is still missing, and never more than there is room for.
            seconds = seconds * .95 * least / count
        with browser.Browser() as chromium:
            began = time.monotonic()
            chromium.open(file)
            chromium.frame()
            ready = time.monotonic() - began
            drawn = chromium.run("(() => { const began = performance.now(); draw(); return performance.now() - began; })()")
            errors = chromium.errors
        print(f"page of {2 * pairs} threads, {count:,} events, {len(text) / 1e6:.0f} MB: ready after {ready:.1f} s, drawn in {drawn:.0f} ms {errors or ''}")


PARTS = {"cost": cost, "rate": rate, "size": size, "page": page}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--pyt", default=HERE.parent / "target/release/pyt")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3)
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(unknown)}")
    print(f"load of the machine: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    with tempfile.TemporaryDirectory() as folder:
        for name in given.parts or PARTS:
            print(f"--- {name}")
            PARTS[name](given, folder)


if __name__ == "__main__":
    if sys.argv[1:] == ["--work"]:
        for name, one in WORK.items():
            print(name, *one(), sep="|", flush=True)
    elif sys.argv[1:2] == ["--paced"]:
        paced(int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
