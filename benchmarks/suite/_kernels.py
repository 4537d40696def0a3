"""Small programs of the kinds that benchmark collections use, each a function without arguments.

Each returns something that depends on all it did, which `EXPECTED` knows: an interpreter that is
fast because it is wrong does not count. Nothing here knows how it is timed.
"""

import json
import math
import pickle
import re
from collections import deque


def fib(number=18):
    return number if number < 2 else fib(number - 1) + fib(number - 2)


def nbody(steps=100):
    """Four bodies that attract each other: floats in lists."""
    bodies = [
        [0.0, 0.0, 0.0, 0.0, 40.0],
        [5.0, 0.0, 0.0, 2.8, 0.04],
        [0.0, -8.0, 2.2, 0.0, 0.01],
        [-13.0, 1.0, 0.1, -1.7, 0.002],
    ]
    pairs = [(a, b) for index, a in enumerate(bodies) for b in bodies[index + 1 :]]
    for _ in range(steps):
        for a, b in pairs:
            dx = a[0] - b[0]
            dy = a[1] - b[1]
            force = 0.001 / (dx * dx + dy * dy) ** 1.5
            a[2] -= dx * b[4] * force
            a[3] -= dy * b[4] * force
            b[2] += dx * a[4] * force
            b[3] += dy * a[4] * force
        for body in bodies:
            body[0] += 0.001 * body[2]
            body[1] += 0.001 * body[3]
    # Momentum is conserved, whatever the rounding.
    return round(sum(body[2] * body[4] for body in bodies), 6)


def fannkuch(size=6):
    """The most reversals of a prefix that any permutation needs until 0 is first."""
    most = 0
    pending = [([], list(range(size)))]
    while pending:
        chosen, left = pending.pop()
        for item in left:
            rest = left[:]
            rest.remove(item)
            pending.append((chosen + [item], rest))
        if left:
            continue
        flips = 0
        while first := chosen[0]:
            chosen[: first + 1] = chosen[first::-1]
            flips += 1
        most = max(most, flips)
    return most


class Task:
    """One of the tasks of `scheduler`: passes packets on until they have been round often enough."""

    def __init__(self, name, system):
        self.name = name
        self.system = system
        self.inbox = deque()
        self.handled = 0

    def is_ready(self):
        return bool(self.inbox)

    def step(self):
        packet = self.inbox.popleft()
        self.handled += 1
        packet.hops += 1
        if packet.hops < packet.limit:
            self.system.send(self.choose(packet), packet)
        else:
            self.system.done += 1

    def choose(self, packet):
        return (self.name + 1) % len(self.system.tasks)


class Skipping(Task):
    def choose(self, packet):
        return (self.name + packet.stride) % len(self.system.tasks)


class Packet:
    def __init__(self, limit, stride):
        self.limit = limit
        self.stride = stride
        self.hops = 0


class System:
    def __init__(self, size):
        self.done = 0
        self.tasks = [(Skipping if name % 2 else Task)(name, self) for name in range(size)]

    def send(self, name, packet):
        self.tasks[name].inbox.append(packet)

    def run(self):
        busy = True
        while busy:
            busy = False
            for task in self.tasks:
                if task.is_ready():
                    task.step()
                    busy = True


def scheduler(packets=30, hops=20):
    """Tasks that send each other packets, as richards does: small methods, attributes, subclasses."""
    system = System(6)
    for number in range(packets):
        system.send(number % 6, Packet(hops, 1 + number % 4))
    system.run()
    return system.done, sum(task.handled for task in system.tasks)


class Cell:
    """A variable of `constraints`."""

    def __init__(self, value):
        self.value = value
        self.readers = []


class Rule:
    def __init__(self, sources, target):
        self.sources = sources
        self.target = target
        for source in sources:
            source.readers.append(self)

    def value(self):
        raise NotImplementedError

    def update(self):
        value = self.value()
        changed = value != self.target.value
        self.target.value = value
        return changed


class Sum(Rule):
    def value(self):
        return sum(source.value for source in self.sources)


class Scale(Rule):
    def value(self):
        return self.sources[0].value * 3 % 1009


def constraints(length=40, changes=10):
    """A change runs through a network of rules, as in deltablue: dispatch, lists, a work list."""
    cells = [Cell(number) for number in range(length)]
    for number in range(2, length):
        if number % 3:
            Scale([cells[number - 1]], cells[number])
        else:
            Sum([cells[number - 1], cells[number - 2]], cells[number])
    for change in range(1, changes + 1):
        cells[0].value = cells[1].value = change
        work = deque(cells[0].readers + cells[1].readers)
        while work:
            rule = work.popleft()
            if rule.update():
                work.extend(rule.target.readers)
    return cells[-1].value


def sieve(limit=3000):
    prime = bytearray([1]) * limit
    prime[:2] = 0, 0
    for number in range(2, math.isqrt(limit) + 1):
        if prime[number]:
            prime[number * number :: number] = bytes(len(range(number * number, limit, number)))
    return sum(prime)


def matrix(size=16):
    rows = [[row + column for column in range(size)] for row in range(size)]
    columns = list(zip(*rows))
    return sum(sum(a * b for a, b in zip(row, column)) for row in rows for column in columns)


WORDS = ("the quick brown fox jumps over the lazy dog and runs " * 40).split()


def word_count():
    counts = {}
    for word in WORDS:
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))[0]


RECORDS = [
    {"id": number, "name": f"user {number}", "tags": ["a", "b"], "score": number / 4}
    for number in range(50)
]
RECORDS_AS_JSON = json.dumps(RECORDS)
RECORDS_PICKLED = pickle.dumps(RECORDS)
LOG = "\n".join(f"2026-01-{day:02} host{day % 3} GET /item/{day * 17} 200" for day in range(1, 31))
LOG_LINE = re.compile(r"(\d{4})-(\d\d)-(\d\d) (\w+) GET /item/(\d+) (\d+)")


def json_dumps():
    return len(json.dumps(RECORDS))


def json_loads():
    return json.loads(RECORDS_AS_JSON)[-1]["score"]


def pickle_dumps():
    return pickle.dumps(RECORDS)[:1]


def pickle_loads():
    return pickle.loads(RECORDS_PICKLED)[-1]["score"]


def regex():
    return sum(int(match[5]) for match in LOG_LINE.finditer(LOG))


# What each returns. In the order in which they are measured.
EXPECTED = {
    fib: 2584,
    nbody: 0.0222,
    fannkuch: 10,
    scheduler: (30, 600),
    constraints: 1918,
    sieve: 430,
    matrix: 1008640,
    word_count: ("the", 80),
    json_dumps: 3265,
    json_loads: 12.25,
    pickle_dumps: b"\x80",
    pickle_loads: 12.25,
    regex: 7905,
}
