# expect: exception RuntimeError
# options: --inject gc
import weakref

live = {}


class Session:
    def __init__(self, name):
        self.itself = self
        live[name] = weakref.ref(self, lambda _: live.pop(name, None))


kept = [Session("kept"), Session("kept too")]
Session("dropped")
total = 0
for name in live:
    total += len(name)
