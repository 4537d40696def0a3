"""Two locks, taken in two orders, with a meeting in between: never ends."""

import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()


one, other = Account(), Account()
met = threading.Barrier(2)


def move(source, target):
    with source.lock:
        met.wait()
        with target.lock:
            pass


threads = [
    threading.Thread(target=move, args=pair, name=f"mover-{number}")
    for number, pair in enumerate([(one, other), (other, one)])
]
for thread in threads:
    thread.start()
print("waiting", flush=True)
for thread in threads:
    thread.join()
