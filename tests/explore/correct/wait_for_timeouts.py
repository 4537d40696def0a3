# expect: silent
# outputs: 1
"""`wait_for` that is answered, and one that gives up at its timeout."""
import threading

condition = threading.Condition()
state = "closed"
outcome = {}


def opener():
    global state
    with condition:
        state = "open"
        condition.notify_all()


def waiter(wanted, timeout):
    with condition:
        outcome[wanted] = condition.wait_for(lambda: state == wanted, timeout)


threads = [
    threading.Thread(target=waiter, args=("open", 60)),
    threading.Thread(target=waiter, args=("broken", 0.02)),
    threading.Thread(target=opener),
]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert outcome == {"open": True, "broken": False}
print(sorted(outcome.items()))
