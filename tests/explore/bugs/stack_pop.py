# expect: exception IndexError
# variable: stack
"""A stack whose `pop` asks whether there is something before it takes it.

Source: SCTBench's `CS.stack`.
Failure: one item, two threads that both found the stack filled: IndexError in the second.
"""
import threading

stack = []


def pop():
    if stack:
        return stack.pop()
    return None


def worker():
    stack.append(object())
    pop()
    pop()


threads = [threading.Thread(target=worker) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert not stack
