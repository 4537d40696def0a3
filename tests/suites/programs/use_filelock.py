# needs: filelock
import os, tempfile, threading
from filelock import FileLock, Timeout
path = os.path.join(tempfile.mkdtemp(), "x.lock")
total = 0
def work():
    global total
    for _ in range(20):
        with FileLock(path):
            value = total
            total = value + 1
threads = [threading.Thread(target=work) for _ in range(4)]
[t.start() for t in threads]; [t.join() for t in threads]
print(total)
with FileLock(path):
    try: FileLock(path, timeout=0.05).acquire()
    except Timeout as error: print(type(error).__name__)
