"""How long a thread that waits for others takes to be served while one or two threads compute.

A round trip is: ask a second thread, over two queues or a socket pair, and have its answer. Between
two round trips is a pause of a millisecond, as if requests came from outside. Reported are the
median, the 99th percentile and the worst.
"""

import queue
import socket
import statistics
import threading
import time

from _measure import DEADLINE, Suite, join, percentile

suite = Suite(__doc__)

PAUSE = 0.001
ROUND_TRIPS = 300
# A Python on which round trips are slow does fewer.
PATIENCE = 4


def spread(latencies):
    yield "p50", statistics.median(latencies), "s"
    yield "p99", percentile(latencies, 99), "s"
    yield "max", max(latencies), "s"


class Spinners:
    """Threads that compute, from entering a `with` block to its end."""

    def __init__(self, count):
        self.stop = False
        self.threads = [threading.Thread(target=self.spin, daemon=True) for _ in range(count)]

    def spin(self):
        total = 0
        while not self.stop:
            for number in range(100):
                total += number & 1

    def __enter__(self):
        for thread in self.threads:
            thread.start()

    def __exit__(self, *error):
        self.stop = True
        join(self.threads)


def latencies(act, effort):
    """How long `act` takes, again and again, in seconds."""
    found = []
    began = time.perf_counter()
    while len(found) < (2 if effort.smoke else 100 if effort.rough else ROUND_TRIPS):
        started = time.perf_counter()
        act()
        ended = time.perf_counter()
        found.append(ended - started)
        if ended - began > (1 if effort.rough else PATIENCE):
            break
        time.sleep(PAUSE)
    return found


def over_queues(effort):
    there, back = queue.Queue(), queue.Queue()

    def echo():
        while there.get():
            back.put(True)

    def round_trip():
        there.put(True)
        back.get(timeout=DEADLINE)

    thread = threading.Thread(target=echo, daemon=True)
    thread.start()
    try:
        return latencies(round_trip, effort)
    finally:
        there.put(False)
        join([thread])


def over_sockets(effort):
    here, there = socket.socketpair()

    def echo():
        while data := there.recv(1):
            there.send(data)

    def round_trip():
        here.send(b"?")
        here.recv(1)

    with here, there:
        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        try:
            return latencies(round_trip, effort)
        finally:
            here.shutdown(socket.SHUT_WR)
            join([thread])


def lateness(effort):
    """How much later than asked a sleep ends."""
    return [late - PAUSE for late in latencies(lambda: time.sleep(PAUSE), effort)]


def beside(count, what, measure):
    crowd = f"beside {count} computing thread{'s' * (count > 1)}" if count else "alone"

    @suite.values(f"{what} {crowd}")
    def run(effort):
        with Spinners(count):
            found = measure(effort)
        yield from spread(found)


for count in 0, 1, 2:
    beside(count, "queue round trip", over_queues)
    beside(count, "socket round trip", over_sockets)
    beside(count, "waking late from sleep", lateness)

if __name__ == "__main__":
    suite.main()
