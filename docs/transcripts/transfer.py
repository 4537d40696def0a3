import threading, time

a, b = threading.Lock(), threading.Lock()
def left():
    with a:
        time.sleep(0.1)
        with b:
            pass
def right():
    with b:
        time.sleep(0.1)
        with a:
            pass
threads = [threading.Thread(target=f, name=f.__name__) for f in (left, right)]
for thread in threads: thread.start()
for thread in threads:
    thread.join()
