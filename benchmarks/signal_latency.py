"""How soon a signal reaches a main thread that waits: KeyboardInterrupt, and a handler of one's own.

Runs on any Python and prints a table, in milliseconds from the moment at which another process
sends the signal:

    cargo pyt run benchmarks/signal_latency.py
    cargo pyt -X gil=0 benchmarks/signal_latency.py
    python3 benchmarks/signal_latency.py

Each wait is measured alone and beside a thread that computes. An argument changes the number of
rounds (default 20).
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

# Sends what it is told to ("SIGNAL PID" per line) after a pause, and says when it did.
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


def compute():
    while not done:
        sum(range(1000))


class Process:
    """The other process, and what it says about the signals that it sends."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, "-c", SENDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def send(self, number):
        import os

        self.process.stdin.write(f"{int(number)} {os.getpid()}\n")
        self.process.stdin.flush()

    def sent(self):
        return float(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.wait()


class Handled(Exception):
    pass


def handler(number, frame):
    global came
    came = time.time()
    raise Handled


def latencies(sender, number, make, rounds):
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
            raise SystemExit("a wait without end has ended")
        found.append((arrived - sender.sent()) * 1000)
    return found


def main():
    global done
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGUSR1, handler)
    sender = Process()
    print(f"{'':22} {'alone':^31} {'beside a computing thread':^31}")
    print(f"{'':22}" + f" {'interrupt':^15} {'handler':^15}" * 2)
    print(f"{'ms':22}" + f" {'median':>7} {'worst':>7}" * 4)
    rows = {name: [] for name in WAITS}
    for company in [False, True]:
        done = False
        if company:
            computing = threading.Thread(target=compute)
            computing.start()
        for name, make in WAITS.items():
            for number in [signal.SIGINT, signal.SIGUSR1]:
                found = latencies(sender, number, make, rounds)
                rows[name] += [statistics.median(found), max(found)]
        done = True
        if company:
            computing.join()
    for name, row in rows.items():
        print(f"{name:22}" + "".join(f" {figure:7.2f}" for figure in row))
    sender.end()


main()
