"""Threads that import `concurrent.futures.thread` at once get it whole."""
import threading

PATIENCE = 120
COUNT = 8

start = threading.Barrier(COUNT)
failed = []


def use():
    start.wait(PATIENCE)
    try:
        from concurrent.futures import ThreadPoolExecutor
        from concurrent.futures.thread import _worker, _WorkItem  # noqa: F401

        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(int, "7").result(PATIENCE) == 7
    except BaseException as error:
        failed.append(error)


threads = [threading.Thread(target=use) for _ in range(COUNT)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failed, failed
