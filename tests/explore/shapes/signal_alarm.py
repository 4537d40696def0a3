"""A timer of the system."""
import signal, time
hit = []
signal.signal(signal.SIGALRM, lambda *a: hit.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.02)
signal.pause()
assert hit == [1]
