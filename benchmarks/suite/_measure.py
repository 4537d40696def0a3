"""How every benchmark here is timed, and how its results are written down.

Knows nothing of what is measured, nor on which Python: standard library only, Python 3.11 or newer.

A script makes a `Suite`, adds benchmarks to it and ends with `suite.main()`:

    suite.statement("with lock", "with lock: pass", lock=threading.Lock())

    @suite.timed("ping-pong")
    def ping_pong(times): ...        # does it `times` times, returns the seconds that took

    @suite.values("memory")
    def memory(effort): ...          # yields (what, value, unit)

The number of times is raised until one sample takes long enough, then several samples are taken.
What is reported is the time for one operation: of a statement the smallest sample, since all that
can happen to one thread is to be disturbed; where threads meet the median, since there the luck of
who runs when belongs to the matter. A statement stands ten times in its loop; a tenth of what one
step of an empty loop costs is part of its figure and is not subtracted.

With `--json` each line of output is an object: {"begin": NAME} before a benchmark, then for each
result {"benchmark", "name", "value", "unit", "samples"}, or {"benchmark", "error"}, and at last
{"end": true}. Units are "s", "bytes" and "x" (a speed-up: more is better).
"""

import argparse
import json
import signal
import statistics
import sys
import threading
import time
from collections import namedtuple

# After this many seconds threads that should have met count as hanging; after twice as many, a
# benchmark does.
DEADLINE = 40

UNROLLED = 10

# sample: seconds that one sample of a statement should take; where threads meet it is twice that.
# samples: how many are taken. rough: sizes that are fixed otherwise may be cut to a tenth.
# smoke: everything is done once or twice, and the figures mean nothing.
Effort = namedtuple("Effort", "sample samples rough smoke")
FULL = Effort(sample=0.1, samples=3, rough=False, smoke=False)
QUICK = Effort(sample=0.02, samples=1, rough=True, smoke=False)
SMOKE = Effort(sample=0, samples=1, rough=True, smoke=True)


class Suite:
    """The benchmarks of one script, in the order in which they were added."""

    def __init__(self, description):
        self.description = description
        self.benchmarks = {}  # name: function(effort) that yields results

    def statement(self, name, statement, **names):
        """Times one statement, a single line; `names` are local variables to it."""
        loop = _loop(statement, names)

        def run(times):
            started = time.perf_counter()
            loop(times)
            return time.perf_counter() - started

        self._add_timed(name, run, UNROLLED, min, 1)

    def function(self, name):
        """Decorator: times one call of the function, which takes no argument."""

        def add(function):
            def run(times):
                started = time.perf_counter()
                for _ in range(times):
                    function()
                return time.perf_counter() - started

            self._add_timed(name, run, 1, min, 1)
            return function

        return add

    def timed(self, name):
        """Decorator: `function(times)` does it `times` times and returns the seconds that took."""

        def add(function):
            self._add_timed(name, function, 1, statistics.median, 2)
            return function

        return add

    def values(self, name):
        """Decorator: `function(effort)` yields (what, value, unit); a result is called "NAME: WHAT"."""

        def add(function):
            def measure(effort):
                for what, value, unit in function(effort):
                    yield f"{name}: {what}" if what else name, value, unit, [value]

            self.benchmarks[name] = measure
            return function

        return add

    def _add_timed(self, name, run, operations, choose, longer):
        def measure(effort):
            times = _enough_times(run, effort.sample * longer, effort.smoke)
            samples = [run(times) / (times * operations) for _ in range(effort.samples)]
            yield name, choose(samples), "s", samples

        assert name not in self.benchmarks, f"two benchmarks are called {name!r}"
        self.benchmarks[name] = measure

    def main(self):
        """Runs what the command line asks for. The exit status is 1 if a benchmark failed."""
        arguments = _parser(self.description).parse_args()
        names = [
            name
            for name in self.benchmarks
            if matches(name, arguments.only) and name not in arguments.skip
        ]
        if arguments.list:
            print("\n".join(names))
            return
        effort = SMOKE if arguments.smoke else QUICK if arguments.quick else FULL
        report = _json_line if arguments.json else _table_line
        if not arguments.json:
            print(this_python() + (" (smoke: the figures mean nothing)" if effort.smoke else ""))
        failed = False
        for name in names:
            report({"begin": name})
            try:
                _alarm(2 * DEADLINE)
                for result in self.benchmarks[name](effort):
                    fields = zip(("name", "value", "unit", "samples"), result)
                    report({"benchmark": name, **dict(fields)})
            except Exception as error:
                failed = True
                report({"benchmark": name, "error": f"{type(error).__name__}: {error}"})
            finally:
                _alarm(0)
        report({"end": True})
        sys.exit(1 if failed else 0)


def matches(name, patterns):
    """Whether the name contains one of the patterns, in any case; all names do if there are none."""
    return not patterns or any(pattern.lower() in name.lower() for pattern in patterns)


def gil_is_on():
    # PyPy and CPython before 3.13 have the GIL and no function that says so.
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def this_python():
    name = f"{sys.implementation.name} {sys.version.split()[0]}"
    return f"{name}, GIL {'on' if gil_is_on() else 'off'}"


def together(count, work):
    """Seconds from when `count` threads may begin `work(number)` until the last of them is done.

    Raises TimeoutError if they don't end, and whatever one of them raised. They are daemons, so
    that a benchmark that hangs does not keep its process alive.
    """
    gate = threading.Event()
    ends, errors = [], []

    def run(number):
        gate.wait()
        try:
            work(number)
        except BaseException as error:
            errors.append(error)
        ends.append(time.perf_counter())

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(count)]
    for thread in threads:
        thread.start()
    started = time.perf_counter()
    gate.set()
    join(threads)
    if errors:
        raise errors[0]
    return max(ends) - started


def join(threads):
    """Joins all of them before the deadline, or raises TimeoutError."""
    last_moment = time.monotonic() + DEADLINE
    for thread in threads:
        thread.join(max(0, last_moment - time.monotonic()))
        if thread.is_alive():
            raise TimeoutError(f"threads still run after {DEADLINE} s")


def percentile(samples, percent):
    """The smallest sample that at least `percent` of the samples do not exceed."""
    ordered = sorted(samples)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def human(value, unit):
    """The value with a unit that suits its size, in at most four digits."""
    if unit == "x":
        return f"{value:.2f} x"
    if unit == "bytes":
        return f"{value / 1e6:.1f} MB" if value >= 1e5 else f"{value / 1e3:.2f} kB"
    for factor, name in (1, "s"), (1e3, "ms"), (1e6, "us"):
        if abs(value) * factor >= 1:
            return f"{value * factor:.3g} {name}" if value * factor < 1000 else f"{value:.0f} s"
    return f"{value * 1e9:.3g} ns" if abs(value) >= 1e-10 else "0 ns"


def _alarm(seconds):
    """Raises TimeoutError in the main thread then, wherever it waits; 0: never."""
    if hasattr(signal, "alarm"):
        signal.signal(signal.SIGALRM, _rang)
        signal.alarm(seconds)


def _rang(*_):
    raise TimeoutError("the benchmark did not end")


def _loop(statement, names):
    body = "\n".join([f"        {statement}"] * UNROLLED)
    parameters = "".join(f", {name}={name}" for name in names)
    source = f"def loop(times{parameters}):\n    for _ in range(times):\n{body}\n"
    namespace = dict(names)
    exec(source, namespace)
    return namespace["loop"]


def _enough_times(run, seconds, smoke):
    """How many times make a sample of at least half these seconds, and about as many."""
    times = 2 if smoke else 1
    while not smoke:
        took = run(times)
        if took >= seconds / 2:
            break
        growth = seconds / took if took > 0 else 10
        times = max(times + 1, int(times * min(10, growth)))
    return times


def _json_line(report):
    print(json.dumps(report), flush=True)


def _table_line(report):
    if "error" in report:
        print(f"{report['benchmark']:<56} failed: {report['error']}", flush=True)
    elif "name" in report:
        print(f"{report['name']:<56} {human(report['value'], report['unit']):>12}", flush=True)


def _parser(description):
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on each line")
    parser.add_argument("--list", action="store_true", help="print the benchmarks' names")
    parser.add_argument(
        "--only",
        nargs="+",
        default=[],
        metavar="PATTERN",
        help="those whose name contains one of these",
    )
    parser.add_argument(
        "--skip", nargs="+", default=[], metavar="NAME", help="all but these (whole names)"
    )
    parser.add_argument("--quick", action="store_true", help="rough figures in a fraction of the time")
    parser.add_argument("--smoke", action="store_true", help="only see that everything runs")
    return parser
