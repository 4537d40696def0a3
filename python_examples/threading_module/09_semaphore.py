semaphore = threading.Semaphore(2)  # Allows max 2 threads

def task(i):
    with semaphore:
        print(f"Thread {i} is running")
        import time
        time.sleep(2)

threads = [threading.Thread(target=task, args=(i,)) for i in range(5)]

for thread in threads:
    thread.start()

for thread in threads:
    thread.join()
