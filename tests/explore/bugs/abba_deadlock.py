# expect: deadlock
"""ABBA deadlock: two threads take the same two locks in opposite orders.

Source: Coffman et al., "System Deadlocks", 1971; SCTBench's `CS.deadlock01`.
Failure: each holds one lock and waits for the other; the main thread waits in `join`.
"""
import threading

a = threading.Lock()
b = threading.Lock()
log = []


def first():
    with a:
        with b:
            log.append("ab")


def second():
    with b:
        with a:
            log.append("ba")


threads = [threading.Thread(target=first), threading.Thread(target=second)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sorted(log) == ["ab", "ba"]
