# expect: silent
# outputs: 1
"""An account whose methods lock, and call each other while they hold the lock."""
import threading


class Account:
    def __init__(self):
        self.lock = threading.RLock()
        self.balance = 100

    def add(self, amount):
        with self.lock:
            self.balance += amount

    def withdraw(self, amount):
        with self.lock:
            if self.balance < amount:
                return False
            self.add(-amount)
            return True


account = Account()
answers = []


def client():
    answers.append(account.withdraw(60))


threads = [threading.Thread(target=client) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sorted(answers) == [False, True] and account.balance == 40
print(account.balance)
