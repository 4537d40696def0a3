"""A child process that starts a thread."""
import os, threading
pid = os.fork()
if pid == 0:
    r = []
    t = threading.Thread(target=r.append, args=(1,)); t.start(); t.join()
    os._exit(0 if r == [1] else 1)
assert os.waitpid(pid, 0)[1] == 0
