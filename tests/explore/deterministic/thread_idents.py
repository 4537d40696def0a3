"""Identifiers of threads, which are reused when a thread is gone."""
import threading


def worker(name):
    print(name, threading.get_ident(), threading.current_thread().ident == threading.get_ident())


for name in "ab":
    thread = threading.Thread(target=worker, args=(name,))
    thread.start()
    thread.join()
threads = [threading.Thread(target=worker, args=(name,)) for name in "cde"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print("main", threading.get_ident(), threading.main_thread().ident)
