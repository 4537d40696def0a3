# expect: silent
# outputs: 1
"""`Queue.join` returns when every item is done, however the daemon workers shared them."""
import queue
import threading

jobs = queue.Queue(maxsize=2)
lock = threading.Lock()
total = 0


def worker():
    global total
    while True:
        job = jobs.get()
        with lock:
            total += job
        jobs.task_done()


for _ in range(2):
    threading.Thread(target=worker, daemon=True).start()
for job in (1, 2, 3, 4):
    jobs.put(job)
jobs.join()

assert total == 10 and jobs.unfinished_tasks == 0
print(total)
