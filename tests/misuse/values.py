"""Wrong values for everything that waits, and wrong calls: one line for each, with what comes of it.

`values.txt` beside this script is what CPython 3.14 prints. What is not here on purpose: values that
wait without end, floats as the counts of semaphores and barriers (CPython takes them), and messages
about the number of arguments of C functions.
"""
import concurrent.futures
import itertools
import math
import os
import queue
import threading
import time
import _thread

# None of these waits longer than a moment; one that does hangs.
HANG = 20


class Index:
    def __index__(self):
        return 0


class Float:
    def __float__(self):
        return 0.01


BAD = {
    "-1": -1,
    "-2": -2,
    "-0.5": -0.5,
    "nan": math.nan,
    "inf": math.inf,
    "-inf": -math.inf,
    "1e100": 1e100,
    "10**30": 10**30,
    "-(10**30)": -(10**30),
    "TIMEOUT_MAX * 2": threading.TIMEOUT_MAX * 2,
    "'1'": "1",
    "b''": b"",
    "[]": [],
    "1j": 1j,
    "object": object,
    "Index()": Index(),
    "Float()": Float(),
}

# These mean "without end".
ENDLESS = {("Lock.acquire", "-1"), ("RLock.acquire", "-1"), ("_PyRLock.acquire", "-1")}


def attempt(call):
    try:
        return repr(call())
    except BaseException as error:
        return f"{type(error).__name__}: {error}"


def held(make):
    lock = make()
    holder = threading.Thread(target=lock.acquire)
    holder.start()
    holder.join()
    return lock


def condition_wait(bad):
    condition = threading.Condition()
    with condition:
        return condition.wait(bad)


def condition_wait_for(bad):
    condition = threading.Condition()
    with condition:
        return condition.wait_for(lambda: False, bad)


def full():
    items = queue.Queue(1)
    items.put(1)
    return items


def running(call):
    end = threading.Event()
    thread = threading.Thread(target=end.wait, daemon=True)
    thread.start()
    try:
        return call(thread)
    finally:
        end.set()
        thread.join()


def ended():
    thread = threading.Thread(target=int)
    thread.start()
    thread.join()
    return thread


def future_result(bad):
    return concurrent.futures.Future().result(bad)


def barrier_timeout(bad):
    return threading.Barrier(2, timeout=bad).wait()


CALLS = {
    "Lock.acquire": lambda bad: held(threading.Lock).acquire(timeout=bad),
    "Lock.acquire free": lambda bad: threading.Lock().acquire(timeout=bad),
    "Lock.acquire blocking": lambda bad: threading.Lock().acquire(bad),
    "Lock.acquire False": lambda bad: threading.Lock().acquire(False, bad),
    "RLock.acquire": lambda bad: held(threading.RLock).acquire(timeout=bad),
    "RLock.acquire free": lambda bad: threading.RLock().acquire(timeout=bad),
    "_PyRLock.acquire": lambda bad: held(threading._PyRLock).acquire(timeout=bad),
    "Condition.acquire": lambda bad: threading.Condition().acquire(timeout=bad),
    "Condition.wait": condition_wait,
    "Condition.wait_for": condition_wait_for,
    "Condition.notify": lambda bad: (lambda c: (c.acquire(), c.notify(bad)))(threading.Condition()),
    "Semaphore.acquire": lambda bad: threading.Semaphore(0).acquire(timeout=bad),
    "Semaphore.acquire free": lambda bad: threading.Semaphore(1).acquire(timeout=bad),
    "Semaphore.release": lambda bad: threading.Semaphore(0).release(bad),
    "BoundedSemaphore.release": lambda bad: threading.BoundedSemaphore(0).release(bad),
    "Event.wait": lambda bad: threading.Event().wait(bad),
    "Event.wait set": lambda bad: (lambda e: (e.set(), e.wait(bad)))(threading.Event()),
    "Barrier.wait": lambda bad: threading.Barrier(2).wait(bad),
    "Barrier.wait 1": lambda bad: threading.Barrier(1).wait(bad),
    "Barrier(timeout).wait": barrier_timeout,
    "Queue.get": lambda bad: queue.Queue().get(timeout=bad),
    "Queue.get item": lambda bad: (lambda q: (q.put(1), q.get(timeout=bad)))(queue.Queue()),
    "Queue.put": lambda bad: full().put(1, timeout=bad),
    "Queue.put room": lambda bad: queue.Queue(1).put(1, timeout=bad),
    "LifoQueue.get": lambda bad: queue.LifoQueue().get(timeout=bad),
    "PriorityQueue.get": lambda bad: queue.PriorityQueue().get(timeout=bad),
    "SimpleQueue.get": lambda bad: queue.SimpleQueue().get(timeout=bad),
    "SimpleQueue.get item": lambda bad: (lambda q: (q.put(1), q.get(timeout=bad)))(queue.SimpleQueue()),
    "SimpleQueue.put": lambda bad: queue.SimpleQueue().put(1, timeout=bad),
    "Thread.join": lambda bad: running(lambda t: t.join(bad)),
    "Thread.join ended": lambda bad: ended().join(bad),
    "time.sleep": time.sleep,
    "Future.result": future_result,
}

CASES = """
threading.Thread(group=1)
threading.Thread(group=0)
threading.Thread(None, 5, 'x', 3)
threading.Thread(target=5).start()
threading.Thread(target='x', args=5)
threading.Thread(target=int, args=(1,2,3,4)).run()
threading.Thread(name=5).name
threading.Thread(name='').name != ''
threading.Thread(context=5)
threading.Thread(1,2,3,4,5,6,7)
threading.Thread().setDaemon(1)
threading.current_thread().setDaemon(True)
setattr(threading.current_thread(), 'daemon', True)
setattr(threading.current_thread(), 'name', 5)
threading.main_thread().start()
threading.Timer('x', int).start()
threading.Timer(1)
threading.Timer(1, int, 2, 3, 4)
threading.Timer(0, 5).run()
threading.Timer(math.nan, int).run()
threading.Timer('x', int).run()
threading.Timer(1e100, int).run()
threading.Barrier(0)
threading.Barrier(-1)
threading.Barrier('x')
threading.Barrier()
threading.Barrier(None)
threading.Barrier(1, action=5).wait()
threading.Barrier(1, action=0).wait()
threading.Barrier(1).abort(1)
threading.Semaphore(-1)
threading.Semaphore(None)
threading.BoundedSemaphore(-1)
threading.BoundedSemaphore().release()
threading.BoundedSemaphore(2).release(2)
threading.Semaphore().release(0)
threading.Semaphore().acquire(False, 0)
threading.Semaphore().acquire(False, None)
threading.Semaphore().__exit__()
threading.Condition(5)
threading.Condition(None).notify()
threading.Condition().notify_all()
threading.Condition().notify(-1)
threading.Condition().wait()
threading.Condition().wait(-1)
threading.Condition().wait_for()
threading.Condition().wait_for(5)
threading.Condition().__exit__(None, None, None)
threading.Condition(threading.Lock()).wait()
threading.Condition(threading.Lock()).release()
threading.Event().wait(1, 2)
threading.Event(1)
threading.Event().set(1)
threading.Lock().release()
threading.Lock().release(1)
threading.Lock().acquire(1, 2, 3)
threading.Lock().acquire(True, foo=1)
threading.Lock().acquire('x')
threading.Lock(1)
threading.Lock().__exit__()
threading.RLock().release()
threading.RLock().__exit__(None, None, None)
threading.RLock()._release_save()
threading.RLock()._acquire_restore(5)
held(threading.RLock).release()
held(threading.RLock)._is_owned()
queue.Queue('x').full()
queue.Queue('x').put(1)
queue.Queue(1.5).maxsize
queue.Queue(-1).full()
queue.Queue(1, 2)
queue.Queue(foo=1)
queue.Queue().put()
queue.Queue().put(1, 2, 3, 4)
queue.Queue().put_nowait()
queue.Queue().get(1, 2, 3)
queue.Queue().get('x', -1)
queue.Queue().get(False, 'x')
queue.Queue().task_done()
queue.Queue().join(1)
queue.Queue().shutdown(1, 2)
queue.Queue().qsize(1)
queue.PriorityQueue().get_nowait()
queue.LifoQueue().get_nowait()
queue.SimpleQueue().get_nowait()
queue.SimpleQueue().get(1, 2, 3)
queue.SimpleQueue().put()
queue.SimpleQueue().put_nowait()
queue.SimpleQueue(1)
queue.SimpleQueue().task_done()
(lambda q: (q.shutdown(), q.put(1)))(queue.Queue())
(lambda q: (q.shutdown(), q.get()))(queue.Queue())
(lambda q: (q.shutdown(), q.get(timeout=-1)))(queue.Queue())
(lambda q: (q.shutdown(), q.put(1, timeout=-1)))(queue.Queue())
(lambda q: (q.shutdown(), q.put(1, timeout=-1)))(queue.Queue(1))
(lambda q: (q.shutdown(), q.put_nowait(1)))(queue.LifoQueue())
(lambda q: (q.put(1), q.shutdown(), q.get(), q.get()))(queue.PriorityQueue())
(lambda q: (q.put(1), q.shutdown(True), q.get()))(queue.Queue())
(lambda q: (q.put(1), q.shutdown(True), q.task_done()))(queue.Queue())
(lambda q: (q.put(1), q.shutdown(), q.get(), q.task_done(), q.task_done()))(queue.Queue())
(lambda q: (q.shutdown(), q.shutdown(), q.join(), q.is_shutdown))(queue.Queue())
time.sleep()
time.sleep(1, 2)
time.sleep(secs=1)
_thread.start_new_thread()
_thread.start_new_thread(int, [])
_thread.interrupt_main('x')
_thread.interrupt_main(10000)
_thread.exit()
threading.local(1)
threading.TIMEOUT_MAX
threading.setprofile(5)
threading._register_atexit(5)
""".strip().splitlines()

for (name, call), (label, bad) in itertools.product(CALLS.items(), BAD.items()):
    if (name, label) in ENDLESS:
        continue
    outcome = []
    thread = threading.Thread(
        target=lambda: outcome.append(attempt(lambda: call(bad))), daemon=True
    )
    thread.start()
    thread.join(HANG)
    print(f"{name}({label}) -> {outcome[0] if outcome else 'waits'}", flush=True)

for case in CASES:
    print(f"{case} -> {attempt(lambda: eval(case))}", flush=True)
# Some of the cases leave odd things behind: nothing is to be cleaned up.
os._exit(0)
