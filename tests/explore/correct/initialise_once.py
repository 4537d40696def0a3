# expect: silent
# outputs: 1
"""Something that is made once, by whoever comes first, while the others wait for it."""
import threading


class Once:
    def __init__(self, make):
        self.lock = threading.Lock()
        self.make = make
        self.ready = False
        self.value = None

    def get(self):
        with self.lock:
            if not self.ready:
                self.value = self.make()
                self.ready = True
            return self.value


calls = []
once = Once(lambda: calls.append("made") or "connection")
seen = []


def client():
    seen.append(once.get())


threads = [threading.Thread(target=client) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()

assert calls == ["made"] and seen == ["connection"] * 3
print(calls, seen)
