"""Who of those that wait at a condition goes first."""
import threading

condition = threading.Condition()
log = []
tokens = 0


def waiter(name):
    global tokens
    with condition:
        while not tokens:
            condition.wait()
        tokens -= 1
        log.append(name)


threads = [threading.Thread(target=waiter, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
for _ in range(2):
    with condition:
        tokens += 1
        condition.notify()
with condition:
    tokens += 2
    condition.notify_all()
for thread in threads:
    thread.join()
print(log)
