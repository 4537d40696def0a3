# expect: silent
# outputs: 1
"""Double-checked locking done right: the object is whole before it is published."""
import threading


class Configuration:
    made = 0

    def __init__(self):
        Configuration.made += 1
        self.timeout = 30


instance = None
lock = threading.Lock()


def configuration():
    global instance
    if instance is None:
        with lock:
            if instance is None:
                instance = Configuration()
    return instance


def client():
    assert configuration().timeout == 30


threads = [threading.Thread(target=client) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert Configuration.made == 1
print(Configuration.made)
