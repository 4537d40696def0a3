"""Five guests, two seats: the order of coming and going."""
import threading

seats = threading.Semaphore(2)
log = []


def guest(name):
    with seats:
        log.append(f"+{name}")
        log.append(f"-{name}")


threads = [threading.Thread(target=guest, args=(name,)) for name in "abcde"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(" ".join(log))
