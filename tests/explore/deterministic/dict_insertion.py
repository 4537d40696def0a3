"""The order of a dict's keys is that of insertion, and that of racing threads' insertion a choice."""
import threading

table = {}


def fill(keys):
    for key in keys:
        table.setdefault(key, keys)


threads = [threading.Thread(target=fill, args=(keys,)) for keys in ("abc", "cba", "xby")]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(table)
