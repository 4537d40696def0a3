# expect: deadlock
# variable: ready
"""Lost wake-up: the flag is looked at before the lock is taken, so the notification can fall between.

Source: JaConTeBe's missed notifications (Groovy 4292, commons-pool); Lampson and Redell, 1980.
Failure: the waiter saw `ready` false, the notifier notified nobody, and the waiter waits for ever.
"""
import threading

ready = False
condition = threading.Condition()


def waiter():
    if not ready:
        with condition:
            condition.wait()


def notifier():
    global ready
    ready = True
    with condition:
        condition.notify()


threads = [threading.Thread(target=waiter), threading.Thread(target=notifier)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
