"""The order in which those who waited for an event go on."""
import threading

go = threading.Event()
log = []


def runner(name):
    log.append(f"{name} ready")
    go.wait()
    log.append(f"{name} runs")


threads = [threading.Thread(target=runner, args=(name,)) for name in "abcd"]
for thread in threads:
    thread.start()
log.append("go")
go.set()
for thread in threads:
    thread.join()
print(log)
