# expect: deadlock
# variable: task_queue
"""The second document's queue example: `while not task_queue.empty(): task_queue.get()`.

Source: its section 8, byte for byte, below the import of its section 1.
Failure: one item is left, both workers see that the queue is not empty, one takes the item, the
other waits in `get` for ever. The main thread is through `task_queue.join()` and waits for the
worker at the interpreter's end.
"""
import threading

import queue

task_queue = queue.Queue()

def worker():
    while not task_queue.empty():
        item = task_queue.get()
        print(f"Processing {item}")
        task_queue.task_done()

# Adding tasks
for i in range(5):
    task_queue.put(i)

# Creating and starting threads
threads = [threading.Thread(target=worker) for _ in range(2)]

for thread in threads:
    thread.start()

task_queue.join()  # Wait for all tasks to complete
