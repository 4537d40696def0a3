"""Who is alive when somebody asks."""
import threading

log = []


def worker():
    log.append(sorted(thread.name for thread in threading.enumerate()))
    log.append(threading.active_count())


threads = [threading.Thread(target=worker, name=name) for name in "abc"]
for thread in threads:
    thread.start()
log.append([thread.is_alive() for thread in threads])
for thread in threads:
    thread.join()
print(*log, sep="\n")
