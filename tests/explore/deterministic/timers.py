"""Three timers, two of them due at once, and a cancellation that races with one."""
import threading

log = []
timers = [
    threading.Timer(0.004, log.append, args=("a",)),
    threading.Timer(0.004, log.append, args=("b",)),
    threading.Timer(0.002, log.append, args=("c",)),
]
for timer in timers:
    timer.start()
timers[2].join()
timers[0].cancel()
for timer in timers:
    timer.join()
print(log, [timer.finished.is_set() for timer in timers])
