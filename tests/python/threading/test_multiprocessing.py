"""What `multiprocessing` needs of `threading` in a forked process, also one forked by a thread."""
import multiprocessing
import sys
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

warnings.simplefilter("ignore", DeprecationWarning)
fork = multiprocessing.get_context("fork")


def child():
    me = threading.current_thread()
    alone = threading.main_thread() is me and threading.enumerate() == [me]
    sys.exit(0 if alone and me.native_id == threading.get_native_id() else 3)


def exit_status():
    process = fork.Process(target=child)
    process.start()
    process.join(20)
    return process.exitcode


assert exit_status() == 0
with ThreadPoolExecutor(2) as pool:
    assert list(pool.map(lambda _: exit_status(), range(4))) == [0] * 4
    assert exit_status() == 0

assert sys.thread_info.name == "pthread" and sys.thread_info.lock == "semaphore"
