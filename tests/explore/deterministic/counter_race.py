"""An unlocked counter: some updates are lost, and which is the schedule's choice."""
import threading

counter = 0
seen = []


def increment():
    global counter
    for _ in range(4):
        counter += 1
        seen.append(counter)


threads = [threading.Thread(target=increment) for _ in range(3)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(counter, seen)
