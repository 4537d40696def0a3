# expect: silent
# outputs: 1
"""A thread that polls a flag with a sleep between two looks: in the end it sees it."""
import threading
import time

ready = False
data = None


def publisher():
    global ready, data
    data = "value"
    ready = True


thread = threading.Thread(target=publisher)
thread.start()
while not ready:
    time.sleep(0.001)
assert data == "value"
thread.join()
print(data)
