"""A child process of a program with a thread that waits."""
import os, threading
e = threading.Event()
t = threading.Thread(target=e.wait); t.start()
pid = os.fork()
if pid == 0: os._exit(0 if threading.active_count() == 1 else 1)
assert os.waitpid(pid, 0)[1] == 0
e.set(); t.join()
