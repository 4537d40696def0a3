"""Random UUIDs from several threads."""
import threading
import uuid


def worker(name):
    print(name, uuid.uuid4())


threads = [threading.Thread(target=worker, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(uuid.uuid4().hex)
