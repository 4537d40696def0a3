# expect: deadlock
"""Transfers that lock two accounts in the order of their arguments, not of their ids.

Source: "Java Concurrency in Practice", 10.1.2 (dynamic lock order); SCTBench's `CS.account`.
Failure: ann pays bob while bob pays ann, each transfer holds the lock that the other one needs.
"""
import threading


class Account:
    def __init__(self, balance):
        self.balance = balance
        self.lock = threading.Lock()


def transfer(source, target, amount):
    with source.lock:
        with target.lock:
            source.balance -= amount
            target.balance += amount


ann, bob = Account(100), Account(100)
threads = [
    threading.Thread(target=transfer, args=(ann, bob, 30)),
    threading.Thread(target=transfer, args=(bob, ann, 10)),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert (ann.balance, bob.balance) == (80, 120)
