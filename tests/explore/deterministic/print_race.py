"""Three threads print two lines each; lines and newlines may mix."""
import threading


def worker(name):
    for step in range(2):
        print(name, step)


threads = [threading.Thread(target=worker, args=(name,)) for name in "abc"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
