event = threading.Event()

def worker():
    print("Waiting for event...")
    event.wait()  # Blocks until event is set
    print("Event triggered, running!")

thread = threading.Thread(target=worker)
thread.start()

import time
time.sleep(2)  # Simulate delay
event.set()  # Signal the event
