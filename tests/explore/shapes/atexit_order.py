"""Functions that are called at the end."""
import atexit, threading
out = []
atexit.register(lambda: out.append(1)); atexit.register(lambda: out.append(2))
t = threading.Thread(target=int); t.start()
