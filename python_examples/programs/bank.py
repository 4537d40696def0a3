"""A bank account with and without a lock: how an update gets lost, and how a lock keeps it.

`balance = balance + amount` is a read, then a write. A thread that is stopped between the two
writes back a balance that knows nothing of what the others paid in meanwhile.
"""

import threading
import time

TELLERS = 8
DEPOSITS = 5


class Account:
    def __init__(self):
        self.balance = 0

    def deposit(self, amount):
        balance = self.balance
        time.sleep(0.002)  # opens the window wide: the others read the same old balance now
        self.balance = balance + amount


class LockedAccount(Account):
    def __init__(self):
        super().__init__()
        self._lock = threading.Lock()

    def deposit(self, amount):
        # Only one thread at a time is between the read and the write.
        with self._lock:
            super().deposit(amount)


def pay_in(account):
    """Let all tellers pay in at once. Returns the balance at the end."""
    ready = threading.Barrier(TELLERS)

    def teller():
        ready.wait()  # so that no teller is done before the last one has begun
        for _ in range(DEPOSITS):
            account.deposit(10)

    tellers = [threading.Thread(target=teller) for _ in range(TELLERS)]
    for thread in tellers:
        thread.start()
    for thread in tellers:
        thread.join()
    return account.balance


def main():
    expected = TELLERS * DEPOSITS * 10
    without, with_lock = pay_in(Account()), pay_in(LockedAccount())
    print(f"paid in: {expected}")
    print(f"without a lock: {without}, lost: {expected - without}")
    print(f"with a lock: {with_lock}, lost: {expected - with_lock}")


if __name__ == "__main__":
    main()
