"""A signal that a thread sends."""
import signal, os, threading
got = threading.Event()
signal.signal(signal.SIGUSR1, lambda *a: got.set())
t = threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGUSR1)); t.start()
t.join()
while not got.is_set(): pass
