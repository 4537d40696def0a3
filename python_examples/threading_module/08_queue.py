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
