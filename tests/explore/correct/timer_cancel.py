# expect: silent
# outputs: 1
"""A timer that is cancelled before its time, and one that is not."""
import threading

fired = []
cancelled = threading.Timer(60, fired.append, args=("cancelled",))
kept = threading.Timer(0.01, fired.append, args=("kept",))
cancelled.start()
kept.start()
cancelled.cancel()
cancelled.join()
kept.join()

assert fired == ["kept"]
print(fired)
