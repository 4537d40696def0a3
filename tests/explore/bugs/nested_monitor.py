# expect: deadlock
"""Nested monitors: a wait gives the inner lock up, but not the outer one.

Source: Lister, "The Problem of Nested Monitor Calls", 1977; JaConTeBe's nested `synchronized`.
Failure: the consumer comes first, waits inside, and keeps the producer out of the outer lock.
"""
import threading

outer = threading.Lock()
filled = threading.Condition()
slot = []


def put():
    with outer:
        with filled:
            slot.append("item")
            filled.notify()


def take():
    with outer:
        with filled:
            while not slot:
                filled.wait()
            slot.pop()


threads = [threading.Thread(target=put), threading.Thread(target=take)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
