# expect: exception AssertionError
# variable: second
"""Two critical sections where one was meant: two numbers change in step, but not at once.

Source: SCTBench's `CS.stateful01`.
Failure: the observer reads between the two sections and finds the numbers apart.
"""
import threading

first_lock = threading.Lock()
second_lock = threading.Lock()
first = 10
second = 10


def mover():
    global first, second
    with first_lock:
        first += 5
    with second_lock:
        second += 5


def observer():
    with first_lock, second_lock:
        assert first == second, f"{first} and {second}"


threads = [threading.Thread(target=mover), threading.Thread(target=observer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
