"""Default names, from the order in which threads are made by racing threads."""
import threading


def leaf():
    print("leaf", threading.current_thread().name)


def branch():
    threads = [threading.Thread(target=leaf) for _ in range(2)]
    print("branch", threading.current_thread().name, [thread.name for thread in threads])
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


threads = [threading.Thread(target=branch) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
