"""How soon a signal reaches a main thread that waits: KeyboardInterrupt, and a handler of one's own.

Another process sends the signal and says when; reported are the median and the worst, from that
moment until the exception has left the wait, or until the handler runs. Each wait is measured alone
and beside a thread that computes.
"""

import concurrent.futures
import os
import queue
import signal
import statistics
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from _measure import Suite, join

suite = Suite(__doc__)

ROUNDS = 5

# Sends what it is asked to ("SIGNAL PID" per line) after a pause, and says when it did.
SENDER = """
import os, sys, time
for line in sys.stdin:
    number, pid = map(int, line.split())
    time.sleep(0.01)
    sent = time.time()
    os.kill(pid, number)
    print(sent, flush=True)
"""


def held(lock):
    thread = threading.Thread(target=lock.acquire)
    thread.start()
    thread.join()
    return lock


def endless_thread():
    thread = threading.Thread(target=threading.Event().wait, daemon=True)
    thread.start()
    return thread


def wait_notified(condition):
    with condition:
        condition.wait()


def full():
    items = queue.Queue(1)
    items.put(1)
    return items


WAITS = {
    "Lock.acquire": lambda: held(threading.Lock()).acquire,
    "Lock.acquire(timeout)": lambda: lambda lock=held(threading.Lock()): lock.acquire(timeout=3600),
    "RLock.acquire": lambda: held(threading.RLock()).acquire,
    "Condition.wait": lambda: lambda condition=threading.Condition(): wait_notified(condition),
    "Event.wait": lambda: threading.Event().wait,
    "Semaphore.acquire": lambda: threading.Semaphore(0).acquire,
    "Barrier.wait": lambda: threading.Barrier(2).wait,
    "Queue.get": lambda: queue.Queue().get,
    "Queue.put": lambda: lambda items=full(): items.put(2),
    "Queue.join": lambda: full().join,
    "SimpleQueue.get": lambda: queue.SimpleQueue().get,
    "Thread.join": lambda: endless_thread().join,
    "time.sleep": lambda: lambda: time.sleep(3600),
    "Future.result": lambda: concurrent.futures.Future().result,
}


class Sender:
    """The other process, and what it says about the signals that it sends."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, number):
        self.process.stdin.write(f"{int(number)} {os.getpid()}\n")
        self.process.stdin.flush()

    def sent(self):
        return float(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.process.stdin.close()
        self.process.wait()


class Handled(Exception):
    pass


def handler(number, frame):
    global came
    came = time.time()
    raise Handled


@contextmanager
def handlers():
    """Ctrl-C raises KeyboardInterrupt, whatever the process began with; SIGUSR1 has `handler`."""
    before = [
        (number, signal.signal(number, handle))
        for number, handle in ((signal.SIGINT, signal.default_int_handler), (signal.SIGUSR1, handler))
    ]
    try:
        yield
    finally:
        for number, handle in before:
            signal.signal(number, handle)


@contextmanager
def computing():
    """A thread that computes, from entering the `with` block to its end."""
    done = False

    def compute():
        while not done:
            sum(range(1000))

    thread = threading.Thread(target=compute, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done = True
        join([thread])


def latencies(sender, number, make, rounds):
    """How long the signal takes to end the wait that `make` makes, again and again, in seconds."""
    found = []
    for _ in range(rounds):
        block = make()
        try:
            sender.send(number)
            block()
        except KeyboardInterrupt:
            arrived = time.time()
        except Handled:
            arrived = came
        else:
            raise RuntimeError("a wait without end has ended")
        found.append(arrived - sender.sent())
    return found


def measure(effort, make):
    rounds = 1 if effort.smoke else 2 if effort.rough else ROUNDS
    with handlers(), Sender() as sender:
        # The first answer takes as long as the other process takes to start.
        latencies(sender, signal.SIGUSR1, make, 1)
        for what, number in ("interrupt", signal.SIGINT), ("handler", signal.SIGUSR1):
            found = latencies(sender, number, make, rounds)
            yield f"{what}, median", statistics.median(found), "s"
            yield f"{what}, worst", max(found), "s"


def wait(name, make):
    @suite.values(f"signal to {name}")
    def alone(effort):
        yield from measure(effort, make)

    @suite.values(f"signal to {name} beside a computing thread")
    def beside(effort):
        with computing():
            yield from measure(effort, make)


for name, make in WAITS.items():
    wait(name, make)

if __name__ == "__main__":
    suite.main()
