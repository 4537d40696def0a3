# expect: deadlock
# options: --inject interrupt
import threading

lock = threading.Lock()
total = 0


def add():
    global total
    lock.acquire()
    total += 1
    lock.release()


try:
    add()
    add()
except KeyboardInterrupt:
    pass
with lock:
    print(total > 0)
