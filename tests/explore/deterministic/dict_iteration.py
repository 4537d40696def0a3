"""A loop over a dict that another thread changes: it may end well, or in a RuntimeError."""
import threading

table = {number: 0 for number in range(5)}
log = []


def read():
    try:
        for key in table:
            log.append(key)
    except RuntimeError as error:
        log.append(str(error))


def write():
    table["new"] = 1
    del table["new"]
    log.append("written")
    table["other"] = 2


threads = [threading.Thread(target=read), threading.Thread(target=write)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(log)
