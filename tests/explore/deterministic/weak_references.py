"""Weak references whose callbacks run in whichever thread lets go last."""
import threading
import weakref

log = []


class Resource:
    pass


resource = Resource()
reference = weakref.ref(resource, lambda _: log.append(threading.current_thread().name))
held = {"a": resource, "b": resource}
del resource


def drop(name):
    log.append(f"{name} drops")
    del held[name]


threads = [threading.Thread(target=drop, args=(name,), name=name) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log, reference() is None)
