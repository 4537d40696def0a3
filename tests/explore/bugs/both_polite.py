# expect: endless
# variable: wants
"""Mutual exclusion by flags: each raises its own and then spins until the other's is down.

Source: Dijkstra, "Cooperating Sequential Processes", 1965 (an early attempt before Dekker's answer).
Failure: both raise their flags before either looks, and both spin for ever.
"""
import threading

wants = [False, False]
visits = []


def enter(me):
    wants[me] = True
    while wants[1 - me]:
        pass
    visits.append(me)
    wants[me] = False


threads = [threading.Thread(target=enter, args=(me,)) for me in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert sorted(visits) == [0, 1]
