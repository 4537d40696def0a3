# expect: exception AssertionError
# options: --schedules=40
"""A window of a few steps in a long run: drawn schedules find it in a hundred at best.

Failure: the connection is closed after it was found open, and before it is used.
"""
import threading

log = []
is_closed = False
used_closed = False


def user():
    global used_closed
    for number in range(150):
        log.append(number)
        if number == 120 and not is_closed:
            if is_closed:
                used_closed = True


def closer():
    global is_closed
    for number in range(150):
        log.append(number)
    is_closed = True


threads = [threading.Thread(target=user), threading.Thread(target=closer)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not used_closed
