"""Every wait of a main thread, and how to signal it: what the other scripts here share.

Not a script of its own: they import it.
"""
import collections
import concurrent.futures
import contextlib
import os
import queue
import signal
import sys
import threading
import time

# How long after its start a wait is signalled: long enough to be in it on any machine, and nothing
# breaks if it is not.
SETTLE = 0.04

# How long a wait that should be over may still take before it counts as hanging.
HANG = 30

# block(timeout) waits; wake() lets it end; whole() asserts that all is as before the wait.
# Where `timed` is false, block takes no timeout.
Wait = collections.namedtuple("Wait", "block wake whole timed")


def lock():
    held = threading.Lock()
    held.acquire()

    def whole():
        assert held.locked()
        held.release()
        assert held.acquire(timeout=5)

    return Wait(lambda timeout=-1: held.acquire(timeout=timeout), held.release, whole, True)


def with_lock():
    held = threading.Lock()
    held.acquire()

    def block():
        with held:
            pass

    def whole():
        held.release()
        assert held.acquire(False)

    return Wait(block, held.release, whole, False)


def rlock():
    held, wanted = threading.RLock(), threading.Event()

    def hold():
        with held:
            taken.set()
            wanted.wait()

    taken = threading.Event()
    holder = threading.Thread(target=hold, daemon=True)
    holder.start()
    taken.wait()

    def whole():
        assert not held._is_owned()
        wanted.set()
        holder.join()
        assert held.acquire(timeout=5)
        held.release()

    return Wait(lambda timeout=-1: held.acquire(timeout=timeout), wanted.set, whole, True)


def condition():
    condition = threading.Condition()

    def block(timeout=None):
        with condition:
            try:
                return condition.wait(timeout)
            finally:
                assert condition._is_owned()

    def wake():
        # From a handler, too: the wait has released the lock, or has not begun.
        with condition:
            condition.notify()

    def whole():
        assert condition.acquire(False)
        # Nobody is left in line: the notification is not lost on one who is gone.
        waiter = threading.Thread(target=block)
        condition.release()
        waiter.start()
        while True:
            with condition:
                if len(condition._waiters):
                    assert len(condition._waiters) == 1
                    condition.notify()
                    break
            time.sleep(0.001)
        waiter.join()

    return Wait(block, wake, whole, True)


def wait_for():
    condition, told = threading.Condition(), []

    def block(timeout=None):
        with condition:
            return condition.wait_for(lambda: told, timeout)

    def wake():
        with condition:
            told.append(True)
            condition.notify()

    def whole():
        assert condition.acquire(False)
        condition.release()

    return Wait(block, wake, whole, True)


def event():
    event = threading.Event()

    def whole():
        assert not event.is_set()
        event.set()
        assert event.wait(5)

    return Wait(event.wait, event.set, whole, True)


def semaphore(make=threading.Semaphore):
    permits = make(1)
    permits.acquire()

    def whole():
        # One permit comes back, and there is no other.
        permits.release()
        assert permits.acquire(timeout=5)
        assert not permits.acquire(False)

    return Wait(lambda timeout=None: permits.acquire(timeout=timeout), permits.release, whole, True)


def bounded_semaphore():
    return semaphore(threading.BoundedSemaphore)


def barrier():
    barrier, aborted = threading.Barrier(2), []

    def block(timeout=None):
        try:
            return barrier.wait(timeout)
        except threading.BrokenBarrierError:
            return bool(aborted)

    def wake():
        aborted.append(True)
        barrier.abort()

    def whole():
        # Whoever is interrupted leaves without breaking it.
        assert barrier.n_waiting == 0 and not barrier.broken
        other = threading.Thread(target=barrier.wait)
        other.start()
        barrier.wait(5)
        other.join()

    return Wait(block, wake, whole, True)


def get(make=queue.Queue):
    items = make()

    def block(timeout=None):
        try:
            return items.get(timeout=timeout)
        except queue.Empty:
            return False

    def whole():
        # The item goes to one who still waits.
        got = []
        getter = threading.Thread(target=lambda: got.append(items.get(timeout=5)))
        getter.start()
        items.put(1)
        getter.join()
        assert got == [1] and items.empty()

    return Wait(block, lambda: items.put(1), whole, True)


def lifo_get():
    return get(queue.LifoQueue)


def priority_get():
    return get(queue.PriorityQueue)


def simple_get():
    return get(queue.SimpleQueue)


def put():
    full = queue.Queue(1)
    full.put(1)

    def block(timeout=None):
        try:
            full.put(2, timeout=timeout)
            return True
        except queue.Full:
            return False

    def whole():
        # What was not put is not in it.
        assert full.qsize() == 1 and full.get() == 1 and full.empty()
        full.put(3, timeout=5)
        assert full.get(timeout=5) == 3

    return Wait(block, full.get, whole, True)


def queue_join():
    tasks = queue.Queue()
    tasks.put(1)

    def whole():
        assert tasks.unfinished_tasks == 1
        tasks.task_done()
        tasks.join()

    return Wait(tasks.join, tasks.task_done, whole, False)


def thread_join():
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()

    def block(timeout=None):
        thread.join(timeout)
        return not thread.is_alive()

    def whole():
        assert thread.is_alive()
        end.set()
        thread.join(5)
        assert not thread.is_alive()

    return Wait(block, end.set, whole, True)


def sleep():
    return Wait(lambda timeout=3600: time.sleep(timeout) and None, None, lambda: None, True)


def future():
    result = concurrent.futures.Future()

    def block(timeout=None):
        try:
            return result.result(timeout)
        except concurrent.futures.TimeoutError:
            return False

    def whole():
        assert not result.done()
        result.set_result(5)
        assert result.result(5) == 5

    return Wait(block, lambda: result.set_result(True), whole, True)


def executor_shutdown():
    executor, end = concurrent.futures.ThreadPoolExecutor(1), threading.Event()
    task = executor.submit(end.wait)

    def whole():
        assert not task.done()
        end.set()
        assert task.result(5) is True
        executor.shutdown()

    return Wait(executor.shutdown, end.set, whole, False)


def ready_futures():
    result = concurrent.futures.Future()

    def block(timeout=None):
        return bool(concurrent.futures.wait([result], timeout).done)

    def whole():
        result.set_result(5)
        assert concurrent.futures.wait([result], 5).done

    return Wait(block, lambda: result.set_result(True), whole, True)


WAITS = {
    "Lock.acquire": lock,
    "with Lock": with_lock,
    "RLock.acquire": rlock,
    "Condition.wait": condition,
    "Condition.wait_for": wait_for,
    "Event.wait": event,
    "Semaphore.acquire": semaphore,
    "BoundedSemaphore.acquire": bounded_semaphore,
    "Barrier.wait": barrier,
    "Queue.get": get,
    "LifoQueue.get": lifo_get,
    "PriorityQueue.get": priority_get,
    "SimpleQueue.get": simple_get,
    "Queue.put": put,
    "Queue.join": queue_join,
    "Thread.join": thread_join,
    "time.sleep": sleep,
    "Future.result": future,
    "concurrent.futures.wait": ready_futures,
    "Executor.shutdown": executor_shutdown,
}


@contextlib.contextmanager
def deadline(what):
    """Ends the process, saying who waits where, if the block is not over in time."""
    over = threading.Event()

    def watch():
        if not over.wait(HANG):
            print(f"{what}: hangs", file=sys.stderr)
            names = {thread.ident: thread.name for thread in threading.enumerate()}
            for ident, frame in sys._current_frames().items():
                if ident != threading.get_ident():
                    place = f"{frame.f_code.co_filename}:{frame.f_lineno}"
                    print(f"  {names.get(ident, ident)} is at {place}", file=sys.stderr)
            sys.stderr.flush()
            os._exit(3)

    watcher = threading.Thread(target=watch, name="watcher", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


@contextlib.contextmanager
def signalled(*signals, seen=None, every=None, then=None):
    """Sends the process these signals while the block runs: the first one SETTLE after its start,
    each other one SETTLE after `seen()` has counted those before; the last one again and again if
    `every` says so. Calls `then` one SETTLE after the last was seen."""
    over = threading.Event()

    def send():
        for count, number in enumerate(signals, 1):
            time.sleep(SETTLE)
            os.kill(os.getpid(), number)
            while seen is not None and seen() < count and not over.is_set():
                time.sleep(0.001)
        while every is not None and not over.wait(every):
            os.kill(os.getpid(), signals[-1])
        if then is not None:
            time.sleep(SETTLE)
            then()

    sender = threading.Thread(target=send, name="sender", daemon=True)
    sender.start()
    try:
        yield
    finally:
        over.set()
        sender.join()


def compute():
    while True:
        sum(range(1000))


def company():
    """Starts a thread that computes all the time, where PYT_TEST_COMPANY asks for one."""
    if os.environ.get("PYT_TEST_COMPANY"):
        threading.Thread(target=compute, name="company", daemon=True).start()


# A shell without job control starts programs with SIGINT ignored.
signal.signal(signal.SIGINT, signal.default_int_handler)
