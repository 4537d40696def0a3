import time

lock = threading.Lock()
counter = 0

def increment():
    global counter
    for _ in range(10000):
        with lock:  # Ensures only one thread modifies `counter` at a time
            counter += 1

threads = [threading.Thread(target=increment) for _ in range(2)]

for thread in threads:
    thread.start()

for thread in threads:
    thread.join()

print("Final Counter:", counter)  # Should be 20000
