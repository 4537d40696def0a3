"""How far daemon threads get until the interpreter ends."""
import atexit
import threading

log = []


def daemon(name):
    for step in range(5):
        log.append(f"{name}{step}")


atexit.register(lambda: print(" ".join(log)))
for name in "ab":
    threading.Thread(target=daemon, args=(name,), daemon=True).start()
log.append("end")
