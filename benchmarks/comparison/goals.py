"""What pyt is meant to reach, by the names of the suite's results. The one place that says so."""

from collections import namedtuple

# At most this much of the time, or memory, that CPython 3.14 takes.
RELATIVE = {
    "Queue put + get": 0.35,
    "with semaphore": 0.6,
    "Event set + wait + clear": 0.5,
    "condition of two, notify/wait rounds": 0.6,
    "barrier of two, rounds": 0.6,
    "thread start + join": 0.4,
    "two queues, ping-pong": 0.5,
    "bounded queue, one producer, one consumer": 0.35,
    "one lock, 4 threads": 1.0,
    "current_thread()": 1.5,
    "Lock acquire + release": 2.0,
    "with lock": 2.0,
    "with rlock": 2.0,
    "SimpleQueue put + get": 3.0,
    "ThreadPoolExecutor submit + result": 0.8,
    "10,000 sleeping threads: time": 1.0,
    "10,000 sleeping threads: resident memory of the process": 1.0,
    "python -c pass": 1.5,
}

# Limits of its own: name, with the GIL or without, "at most" or "at least", the limit in the
# result's unit (seconds, or times).
Absolute = namedtuple("Absolute", "name gil bound limit unit")
ABSOLUTE = [
    Absolute("queue round trip beside 2 computing threads: p99", True, "at most", 1e-3, "s"),
    Absolute("socket round trip beside 2 computing threads: p99", True, "at most", 1e-3, "s"),
    Absolute("speed-up of 2 computing threads", False, "at least", 1.8, "x"),
    # At most 5 % slower than one after the other.
    Absolute("speed-up of 2 computing threads", True, "at least", 1 / 1.05, "x"),
    Absolute("GIL switch between computing threads", True, "at most", 50e-6, "s"),
]


def names():
    """Of all results that have a goal."""
    return set(RELATIVE) | {goal.name for goal in ABSOLUTE}


def absolute(name, gil):
    """The limit for this result, if it has one."""
    return next((goal for goal in ABSOLUTE if (goal.name, goal.gil) == (name, gil)), None)


def is_met(goal, value):
    return value <= goal.limit if goal.bound == "at most" else value >= goal.limit


if __name__ == "__main__":
    print("\n".join(sorted(names())))
