# expect: exception AssertionError
# variable: wants
"""Mutual exclusion by flags, looked at before one's own is raised.

Source: Dijkstra, "Cooperating Sequential Processes", 1965; SV-COMP's broken variants of `dekker`,
`lamport` and `peterson`.
Failure: both find the other's flag down, and both are in the critical section at once.
"""
import threading

wants = [False, False]
inside = 0


def enter(me):
    global inside
    if wants[1 - me]:
        return  # the other is in there; come back another day
    wants[me] = True
    inside += 1
    assert inside == 1, "two in the critical section"
    inside -= 1
    wants[me] = False


threads = [threading.Thread(target=enter, args=(me,)) for me in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
