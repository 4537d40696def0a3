"""A loop that spins until another thread is through, and counts its turns."""
import threading
import time

done = False
turns = 0


def worker():
    global done
    for _ in range(3):
        time.sleep(0.001)
    done = True


thread = threading.Thread(target=worker)
thread.start()
while not done:
    turns += 1
    time.sleep(0.0005)
thread.join()
print(turns)
