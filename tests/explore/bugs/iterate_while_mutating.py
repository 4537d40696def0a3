# expect: exception RuntimeError
# variable: subscribers
"""A loop over a dict that another thread adds to.

Source: JaConTeBe's ConcurrentModificationExceptions (commons-collections, log4j's appenders).
Failure: RuntimeError "dictionary changed size during iteration" in the thread that loops.
"""
import threading

subscribers = {"ann": 0, "bob": 0}


def publish():
    for name in subscribers:
        subscribers[name] += 1


def subscribe():
    subscribers["eve"] = 0


threads = [threading.Thread(target=publish), threading.Thread(target=subscribe)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
