# expect: exception AssertionError
# options: --clock any
import queue
import threading

jobs = queue.Queue()
done = []


def worker():
    try:
        done.append(jobs.get(timeout=60))
    except queue.Empty:
        pass


thread = threading.Thread(target=worker)
thread.start()
jobs.put("job")
thread.join()
assert done == ["job"], "the worker has given up"
