"""Callbacks of futures run in the worker, or in whoever adds them too late."""
import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

log = []


def callback(future):
    log.append((future.result(), threading.current_thread().name))


with ThreadPoolExecutor(max_workers=2, thread_name_prefix="worker") as pool:
    futures = [pool.submit(abs, -number) for number in range(3)]
    for future in futures:
        future.add_done_callback(callback)
    done, _ = wait(futures, return_when=FIRST_COMPLETED)
    print("first", sorted(future.result() for future in done))
print(log)
