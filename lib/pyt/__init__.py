"""Run functions under chosen schedules of their threads.

    import pyt

    def transfer():
        ...  # starts threads, joins them, asserts

    def test_transfer():
        pyt.explore(transfer).check()

`explore` calls a function under many schedules, `run` under the one that a seed makes, `replay`
under a recorded one. In all of them one thread runs at a time, a strategy chooses it at each
decision point, and time is virtual: see `pyt explore --help`.

`pyt.tier.stats()` says what the fast tier has compiled.

This package is part of the interpreter `pyt`; other interpreters cannot have it.
"""

import contextlib as _contextlib
import json as _json

import _pyt
import _pyt_explore
from _pyt import point
from pyt import tier
from pyt._codes import codes_of as _codes_of

__all__ = [
    "Deadlock", "Failure", "Outcome", "Report", "Schedule", "ScheduleFailed", "atomic", "explore",
    "point", "replay", "run", "tier",
]

MAX_STEPS = _pyt_explore.MAX_STEPS

_SCHEDULE_VERSION = _pyt_explore.SCHEDULE_VERSION


class ScheduleFailed(AssertionError):
    """A function failed under a schedule. `failure` says how."""

    def __init__(self, failure):
        super().__init__(failure)
        self.failure = failure


class Deadlock(ScheduleFailed):
    """All threads of a function wait, and none can wake another."""


@_contextlib.contextmanager
def atomic():
    """A block without a decision point: no other thread runs unless this one waits."""
    _pyt.enter_atomic()
    try:
        yield
    finally:
        _pyt.leave_atomic()


class Schedule:
    """One order in which a function's threads run: the thread of each step."""

    def __init__(self, seed, choices, *, strategy="mix", granularity="access"):
        self.seed = seed
        self.choices = tuple((int(thread), int(steps)) for thread, steps in choices)
        self.strategy = strategy
        self.granularity = granularity

    def __repr__(self):
        switches = max(len(self.choices) - 1, 0)
        return f"<pyt.Schedule seed={self.seed} switches={switches}>"

    def __eq__(self, other):
        if not isinstance(other, Schedule):
            return NotImplemented
        return self._key() == other._key()

    def __hash__(self):
        return hash(self._key())

    def _key(self):
        return self.seed, self.choices, self.granularity

    def save(self, path):
        """Writes the schedule into a file."""
        fields = {
            "version": _SCHEDULE_VERSION,
            "seed": self.seed,
            "strategy": self.strategy,
            "granularity": self.granularity,
            "choices": self.choices,
        }
        with open(path, "w", encoding="utf-8") as file:
            _json.dump(fields, file)
            file.write("\n")

    @classmethod
    def load(cls, path):
        """Reads a schedule from a file that `save` or `pyt explore` has written."""
        with open(path, encoding="utf-8") as file:
            fields = _json.load(file)
        try:
            if fields["version"] != _SCHEDULE_VERSION:
                raise ValueError(f"{path}: version {fields['version']} of the schedule format")
            return cls(
                fields["seed"],
                fields["choices"],
                strategy=fields["strategy"],
                granularity=fields["granularity"],
            )
        except (KeyError, TypeError) as error:
            raise ValueError(f"{path}: not a schedule: {error!r}") from None


class Failure:
    """Why a schedule failed, with the schedule that does so again."""

    def __init__(self, kind, message, output, schedule):
        self.kind = kind
        self.message = message
        self.output = output
        self.schedule = schedule

    def __str__(self):
        return self.message

    def __repr__(self):
        return f"<pyt.Failure {self.kind}: {self.message}>"


class Outcome:
    """One of the distinct outcomes: the output, the failure if it failed, how often it came."""

    def __init__(self, output, failure, count, seed):
        self.output = output
        self.failure = failure
        self.count = count
        self.seed = seed

    def __repr__(self):
        failed = f" failure={self.failure!r}" if self.failure else ""
        return f"<pyt.Outcome count={self.count} seed={self.seed}{failed} output={self.output!r}>"


class Report:
    """What an exploration has found."""

    def __init__(self, runs, failed, seconds, proven, outcomes, failures):
        self.runs = runs
        self.failed = failed
        self.seconds = seconds
        self.proven = proven
        self.outcomes = outcomes
        self.failures = failures

    @property
    def ok(self):
        """Whether no schedule failed."""
        return not self.failed

    def check(self):
        """Raises `ScheduleFailed` if a schedule failed; returns the report if none did."""
        if self.failed:
            raise _error(self.failures[0])
        return self

    def __repr__(self):
        return (
            f"<pyt.Report {self.runs} schedules, {self.failed} failed,"
            f" {len(self.outcomes)} outcomes>"
        )


def _error(failure):
    kind = Deadlock if failure.kind == "deadlock" else ScheduleFailed
    return kind(failure)


def explore(
    function,
    *,
    strategy="mix",
    schedules=None,
    time=None,
    seed=0,
    granularity="access",
    max_steps=MAX_STEPS,
    stop_on_first=True,
    same_output=False,
):
    """Calls a function under many schedules and returns a `Report`.

    strategy: mix, random, pos, pct:DEPTH, round-robin, dfs, dfs:PREEMPTIONS or dpor.
    schedules: at most so many; 1000 unless `time`, in seconds, is given; all for dfs and dpor.
    granularity: where threads may be switched: sync, line, access or instruction.

    What the function prints is kept, not shown. It must not depend on what earlier calls have
    left behind. Threads that were started before are paused meanwhile.
    """
    runs, failed, seconds, proven, found, failures = _pyt_explore.explore(
        function, _codes_of(function), strategy, schedules,
        None if time is None else float(time), seed, granularity, max_steps,
        stop_on_first, same_output,
    )
    outcomes = [Outcome(*one) for one in found]
    failures = [
        Failure(
            kind, message, output,
            Schedule(seed, choices, strategy=strategy, granularity=granularity),
        )
        for kind, message, output, seed, choices in failures
    ]
    return Report(runs, failed, seconds, proven, outcomes, failures)


def run(
    function, *, seed=0, strategy="mix", granularity="access", max_steps=MAX_STEPS
):
    """Calls a function under the schedule that a seed makes, and returns what it returns.

    What the function raises is raised. Raises `ScheduleFailed` if one of its threads fails, and
    `Deadlock` if all wait and none can wake another.
    """
    return _execute(function, seed, strategy, None, granularity, max_steps)


def replay(schedule, function, *, max_steps=MAX_STEPS):
    """As `run`, under a recorded schedule.

    Raises `ValueError` if the function does not follow it, since it has changed.
    """
    return _execute(
        function, schedule.seed, schedule.strategy, schedule.choices, schedule.granularity,
        max_steps,
    )


def _execute(function, seed, strategy, choices, granularity, max_steps):
    result, raised, failure, diverged, made = _pyt_explore.execute(
        function, _codes_of(function), seed, strategy, choices, granularity, max_steps
    )
    if diverged is not None:
        raise ValueError(f"the function did not follow the schedule: {diverged}")
    if raised is not None:
        raise raised
    if failure is not None:
        kind, message = failure
        schedule = Schedule(seed, made, strategy=strategy, granularity=granularity)
        raise _error(Failure(kind, message, "", schedule))
    return result
