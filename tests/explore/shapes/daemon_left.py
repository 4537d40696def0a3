"""A daemon thread that is left when the program ends."""
import threading, queue
q = queue.Queue()
def work():
    while True:
        try: q.get()
        except BaseException: raise RuntimeError("never seen")
threading.Thread(target=work, daemon=True).start()
