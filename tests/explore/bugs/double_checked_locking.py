# expect: exception AssertionError
# variable: instance
"""Double-checked locking that publishes the object before it is filled.

Source: Bacon et al., "The 'Double-Checked Locking is Broken' Declaration"; JaConTeBe's lazy
singletons. In Python no compiler reorders, but the same happens by hand.
Failure: a reader that needs no lock gets a configuration without its timeout.
"""
import threading


class Configuration:
    timeout = None


instance = None
lock = threading.Lock()


def configuration():
    global instance
    if instance is None:
        with lock:
            if instance is None:
                instance = Configuration()
                instance.timeout = 30
    return instance


def client():
    assert configuration().timeout == 30, "a half-made configuration"


threads = [threading.Thread(target=client) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
