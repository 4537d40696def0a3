"""What `pyt explore -m pytest` and `-m unittest` have in common: the settings, the schedules that are
kept, the processes that explore, and how a limited time is spent.

Two kinds of process take part. The *session* is the one that the user has started: it runs each test
once, as ever, and notes which of them start threads or event loops. The *workers* are new processes
that collect only those, and explore them one after the other; each run is a child that the worker
forks. So no run finds what another test has left.

Which test runner it is, is not known here.
"""

import hashlib
import json
import os
import select
import subprocess
import sys
import time

import _pyt_explore

VARIABLE = "PYT_EXPLORE_SUITE"

# So many schedules of a test are tried unless an option says how many.
SCHEDULES = 200
# With a limit of time: so many of each test first, which show how long a schedule takes and how much
# it has to decide.
_FIRST_ROUND = 10
# The folder of schedules that have failed, beneath the project's.
FOLDER = ".pyt"
_VERSION = _pyt_explore.SCHEDULE_VERSION


class Settings:
    """What was asked for. `role` is session or worker."""

    def __init__(self, **given):
        self.role = "session"
        self.explores = False  # all tests, not only those that are marked
        self.schedules = None
        self.time = None  # seconds, over all tests
        self.strategy = "mix"
        self.granularity = "access"
        self.include = []  # what is looked into beside the project's own code
        self.exclude = []  # what of that is not
        self.seed = 0
        self.checks = _pyt_explore.CHECKS
        self.max_steps = _pyt_explore.MAX_STEPS
        self.jobs = None
        self.replay = None  # a file
        self.width = 100
        self.json = None  # a file for the result
        # Of a worker.
        self.tests = []  # names, each with the marker's values
        self.report_to = None  # a file descriptor
        self.number = 0
        self.folder = None
        self.__dict__.update(given)

    @classmethod
    def of_environment(cls):
        """Those of this process, which are not for the processes that it starts."""
        text = os.environ.pop(VARIABLE, None)
        return cls(**json.loads(text)) if text else cls()

    def text(self):
        return json.dumps(vars(self))


def workers_wanted(settings, tests):
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    jobs = settings.jobs or cores
    return max(1, min(jobs, tests))


# --- schedules that have failed -----------------------------------------------------------------


class Store:
    """Schedules that have failed, a file for each test, in the folder `.pyt` of the project."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, FOLDER)

    def path(self, test):
        stem = "".join(letter if letter.isalnum() else "-" for letter in test.rpartition("/")[2])
        digest = hashlib.sha256(test.encode()).hexdigest()[:8]
        return os.path.join(self.folder, f"{stem.strip('-')[:60]}-{digest}.schedule")

    def tests(self):
        """The names of all tests that a schedule is kept for."""
        found = set()
        try:
            names = os.listdir(self.folder)
        except OSError:
            return found
        for name in names:
            if name.endswith(".schedule"):
                kept = load(os.path.join(self.folder, name))
                if kept is not None:
                    found.add(kept["test"])
        return found

    def load(self, test):
        kept = load(self.path(test))
        return kept if kept is not None and kept["test"] == test else None

    def save(self, test, runner, args, settings, strategy, failure):
        """Keeps the schedule of a failure. `args` are the runner's, in the current folder. Returns
        the file."""
        path = self.path(test)
        fields = {
            "version": _VERSION,
            "runner": runner,
            "test": test,
            "args": [str(arg) for arg in args],
            "folder": os.path.relpath(os.getcwd(), os.path.dirname(self.folder)),
            "strategy": strategy,
            "granularity": settings.granularity,
            "include": settings.include,
            "exclude": settings.exclude,
            "seed": failure["seed"],
            "failure": failure["summary"],
            "choices": failure["choices"],
        }
        os.makedirs(self.folder, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            json.dump(fields, file)
            file.write("\n")
        return path

    def forget(self, test):
        try:
            os.remove(self.path(test))
        except OSError:
            pass


def load(path):
    """A kept schedule, or None if the file is none."""
    try:
        with open(path, encoding="utf-8") as file:
            kept = json.load(file)
    except (OSError, ValueError):
        return None
    if not isinstance(kept, dict) or kept.get("version") != _VERSION or "runner" not in kept:
        return None
    return kept if {"test", "seed", "choices", "granularity"} <= kept.keys() else None


# --- the session: which tests run event loops ----------------------------------------------------


_watch = None
_is_watching = False


def watch_loops(function):
    """From now on `function` is called before an event loop runs; with None, no function is."""
    global _watch, _is_watching
    _watch = function
    base_events = sys.modules.get("asyncio.base_events")
    if function is None or _is_watching or base_events is None:
        return
    _is_watching = True
    original = base_events.BaseEventLoop.run_forever

    def run_forever(self):
        if _watch is not None:
            _watch()
        return original(self)

    base_events.BaseEventLoop.run_forever = run_forever


# --- the session: workers and what they say -----------------------------------------------------


class Workers:
    """The processes that explore the tests. `command` is how one is started; `tests` maps names to
    what the marker says."""

    def __init__(self, settings, tests, command, cwd, folder):
        self.settings = settings
        self.command = command
        self.cwd = str(cwd)
        self.folder = str(folder)
        self.deadline = None if settings.time is None else time.monotonic() + settings.time
        self._all = {}
        names = list(tests)
        count = workers_wanted(settings, len(names))
        for number in range(count):
            mine = {name: tests[name] for name in names[number::count]}
            self._start(number, mine)

    def _start(self, number, tests):
        reader, writer = os.pipe()
        left = None if self.deadline is None else max(0.0, self.deadline - time.monotonic())
        given = vars(self.settings) | {
            "role": "worker", "tests": tests, "report_to": writer, "number": number, "time": left,
            "folder": self.folder,
        }
        environment = dict(os.environ)
        environment[VARIABLE] = json.dumps(given)
        environment.setdefault("PYTHONHASHSEED", "0")
        process = subprocess.Popen(
            self.command, cwd=self.cwd, env=environment, pass_fds=(writer,),
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        os.close(writer)
        self._all[reader] = _Running(process, number, tests)

    def __iter__(self):
        """What the workers say, as it comes: dictionaries. Blocks."""
        while self._all:
            streams = {running.process.stderr.fileno(): running for running in self._all.values()
                       if running.process.stderr is not None}
            ready, _, _ = select.select([*self._all, *streams], [], [])
            for one in ready:
                if one in streams:
                    streams[one].read_errors()
                    continue
                running = self._all[one]
                data = os.read(one, 1 << 16)
                if data:
                    yield from running.lines(data)
                    continue
                os.close(one)
                del self._all[one]
                yield from self._ended(running)

    def _ended(self, running):
        status = running.end()
        left = {name: given for name, given in running.tests.items() if name not in running.done}
        if not left:
            return
        under_way = running.under_way
        if under_way is None:
            # It could not even begin: no other would.
            for name in left:
                yield {"test": name, "lost": running.why(status)}
            return
        running.done.add(under_way)
        yield {"test": under_way, "lost": running.why(status)}
        del left[under_way]
        if left:
            self._start(running.number, left)

    def close(self):
        """Ends all that still run."""
        for reader, running in self._all.items():
            running.process.kill()
            running.end()
            os.close(reader)
        self._all.clear()


class _Running:
    def __init__(self, process, number, tests):
        self.process = process
        self.number = number
        self.tests = tests
        self.done = set()
        self.under_way = None
        self._rest = b""
        self._errors = b""

    def lines(self, data):
        *whole, self._rest = (self._rest + data).split(b"\n")
        for line in whole:
            said = json.loads(line)
            if "begins" in said:
                self.under_way = said["begins"]
                continue
            if said.get("over", True):
                self.done.add(said["test"])
                self.under_way = None
            yield said

    def read_errors(self):
        if self.process.stderr is None:
            return
        data = os.read(self.process.stderr.fileno(), 1 << 16)
        if data:
            self._errors = (self._errors + data)[-10_000:]
        else:
            self.process.stderr.close()
            self.process.stderr = None

    def end(self):
        while self.process.stderr is not None:
            self.read_errors()
        return self.process.wait()

    def why(self, status):
        how = f"signal {-status}" if status < 0 else f"status {status}"
        errors = self._errors.decode("utf-8", "replace").strip()
        return f"the process that explored it has ended ({how})" + (f":\n{errors}" if errors else "")


# --- a worker -----------------------------------------------------------------------------------


class Reporter:
    """Tells the session what a worker finds."""

    def __init__(self, settings):
        os.set_inheritable(settings.report_to, False)
        self._fd = settings.report_to

    def say(self, **what):
        data = json.dumps(what, default=str).encode() + b"\n"
        while data:
            data = data[os.write(self._fd, data):]


class Plan:
    """How many schedules each test gets. Without a limit of time all get as many as were asked for.
    With one, each gets a few; what is left of the time is then spent so that each has as many
    schedules for each of its decisions as the others, until the time is over."""

    def __init__(self, settings, tests):
        self.settings = settings
        self.deadline = None if settings.time is None else time.monotonic() + settings.time
        self.tests = tests
        self.rounds = 1 if self.deadline is None else 2
        self._found = {}

    def limits(self, test, marked, number):
        """The first schedule, the one after the last, and the seconds, for round `number`; None if
        the test is not explored in that round."""
        wanted = marked.get("schedules") or self.settings.schedules
        exhaustive = (marked.get("strategy") or self.settings.strategy).startswith(("dfs", "dpor"))
        if self.deadline is None:
            return 0, wanted or (None if exhaustive else SCHEDULES), None
        left = max(0.0, self.deadline - time.monotonic())
        if number == 0:
            # A fair share, should schedules be very slow.
            share = left / max(1, len(self.tests) - len(self._found))
            most = None if exhaustive else min(wanted or _FIRST_ROUND, _FIRST_ROUND)
            return 0, most, share
        weight = self._weight(test)
        if not weight or left <= 0:
            return None
        first = self._found[test]["schedules"]
        if exhaustive or (wanted is not None and first >= wanted):
            return None
        all_left = sum(self._weight(name) for name in self.tests if "again" not in self._found[name])
        self._found[test]["again"] = True
        return first, wanted, left * weight / max(weight, all_left)

    def goes_on(self, test):
        """Whether another round explores the test."""
        return self._weight(test) > 0 and time.monotonic() < self.deadline

    def found(self, test, result):
        """What a round has found of a test."""
        if test not in self._found:
            self._found[test] = result

    def _weight(self, test):
        """The time that a test takes for as many schedules as it has decisions."""
        found = self._found[test]
        if found["failure"] is not None or not found["schedules"]:
            return 0.0
        return found["decisions"] * found["seconds"] / found["schedules"]


def run_plan(settings, reporter, tests, explore):
    """Explores all tests of a worker, as its time allows: pairs of a name and what `explore` takes,
    with the limits and the number of the round. Tells the session of each."""
    plan = Plan(settings, [name for name, _ in tests])
    open_ = {}
    for number in range(plan.rounds):
        for name, test in tests:
            limits = plan.limits(name, settings.tests[name], number)
            if limits is None:
                continue
            reporter.say(begins=name)
            result, reports = explore(test, limits, number)
            plan.found(name, result)
            if name in open_:
                add(result, open_.pop(name)[0])
            if number + 1 < plan.rounds and plan.goes_on(name):
                open_[name] = result, reports
            else:
                reporter.say(test=name, result=result, reports=reports)
    for name, (result, reports) in open_.items():
        reporter.say(test=name, result=result, reports=reports)


def prepare(settings, *folders):
    """From now on the code of the project in `folders` is looked into, where it is imported."""
    _pyt_explore.look_into([os.getcwd(), *folders], settings.include, settings.exclude)
    _pyt_explore.prepare_tests(settings.granularity)


def explore_test(test, settings, marked, stored, limits, thread_exceptions=True, replays=False):
    """Explores one test: a callable with a method `note`. Returns what was found, as a dictionary."""
    first, schedules, seconds = limits
    asked = {
        "strategy": marked.get("strategy") or settings.strategy,
        "schedules": schedules,
        "first": first,
        "time": seconds,
        "seed": settings.seed,
        "granularity": settings.granularity,
        "checks": settings.checks,
        "max_steps": settings.max_steps,
        "job": settings.number,
        "report_width": settings.width,
        "thread_exceptions": thread_exceptions,
        "stored": [{"seed": one["seed"], "choices": one["choices"]} for one in stored],
        "replays": replays,
    }
    return json.loads(_pyt_explore.explore_test(test, json.dumps(asked)))


# --- what is said of a test ---------------------------------------------------------------------


def has_schedule(failure):
    """Whether a failure depends on a schedule: not if nothing was to decide."""
    return bool(failure["report"]) or not failure["reproduced"]


def describe_failure(result, path, root):
    """The text of a failed test: how many schedules failed, the smallest, and its report."""
    failure = result["failure"]
    lines = []
    if not has_schedule(failure):
        return f"FAILED: {failure['summary']}\n(whatever the schedule: nothing was to decide)"
    if failure["was_stored"]:
        lines.append("The schedule that was kept from an earlier exploration fails.")
    else:
        lines.append(
            f"Schedule {result['schedules'] - 1} of this test fails; "
            f"the {result['schedules'] - 1} before it do not."
            if result["schedules"] > 1
            else "The first schedule of this test fails."
        )
    lines.append(f"FAILED: {failure['summary']}")
    if failure["reproduced"]:
        found, least = failure["switches"]
        shown = os.path.relpath(path, root) if path else None
        lines.append(f"smallest schedule: {least} switches (the one found had {found})")
        if shown:
            lines.append(f"again: pyt replay {shown}")
    else:
        lines.append(
            "It did not fail when its schedule was run again: the test depends on more than its schedule."
        )
    return "\n".join(lines) + "\n\n" + failure["report"].rstrip("\n")


def plural(count, one, many):
    return f"{count} {one if count == 1 else many}"


def add(result, earlier):
    """Adds what an earlier round has found of the same test."""
    for key in "schedules", "failed", "seconds", "irreproducible", "given_up":
        result[key] += earlier[key]
    # Which of them were the same is not known here.
    result["outcomes"] = max(result["outcomes"], earlier["outcomes"])
    result["not_seen"] = sorted({*result["not_seen"], *earlier["not_seen"]})


def summary(found, settings):
    """Lines for the end of a session: how many tests were explored, how far, and what that says."""
    if settings.replay:
        for name, one in found.items():
            how = "failed again" if one["failure"] else "did not fail"
            yield f"{name} {how} under its schedule"
            if one["diverged"]:
                yield f"It did not follow the schedule: {one['diverged']}"
        return
    decided = sum(one["decisions"] > 0 for one in found.values())
    schedules = sum(one["schedules"] for one in found.values())
    seconds = sum(one["seconds"] for one in found.values())
    failed = sum(one["failure"] is not None for one in found.values())
    yield (
        f"{plural(len(found), 'test', 'tests')} explored, {decided or 'none'} with something to "
        f"decide: {plural(schedules, 'schedule', 'schedules')} in {seconds:.1f} s, "
        f"{failed or 'none'} failed"
    )
    proven = [name for name, one in found.items() if one["proven"] and one["decisions"]]
    if proven:
        yield (
            f"{plural(len(proven), 'test', 'tests')}: all schedules were tried, from the state that "
            "collection has left"
        )
    given_up = sum(one["given_up"] for one in found.values())
    if given_up:
        yield f"{plural(given_up, 'run was', 'runs were')} given up: whether they fail is not known"
    irreproducible = sum(one["irreproducible"] for one in found.values())
    if irreproducible:
        yield (
            f"{plural(irreproducible, 'run', 'runs')} depended on more than the schedule: a thread was in "
            "foreign code (a socket, a subprocess) for long"
        )
