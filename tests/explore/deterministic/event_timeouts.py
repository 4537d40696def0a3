"""An event that is set just when the patience of those who wait for it ends."""
import threading

event = threading.Event()
log = []


def waiter(name):
    log.append((name, event.wait(0.003)))


threads = [threading.Thread(target=waiter, args=(name,)) for name in "abc"]
threads.append(threading.Timer(0.003, event.set))
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
