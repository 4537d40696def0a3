"""Which of a pool's threads did which task."""
import threading
from concurrent.futures import ThreadPoolExecutor


def work(number):
    return number, threading.current_thread().name


with ThreadPoolExecutor(max_workers=3, thread_name_prefix="pool") as pool:
    for number, name in pool.map(work, range(6)):
        print(number, name)
