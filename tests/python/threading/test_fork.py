"""A fork copies one thread: what the child does with locks, threads and names of the others."""
import _thread
import os
import queue
import subprocess
import sys
import threading
import time
import warnings

# Forking with threads around is what this is about.
warnings.simplefilter("ignore", DeprecationWarning)


def in_child(check):
    """Runs `check` in a forked process and asserts that it succeeds, in finite time."""
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            check()
            status = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(status)
    wait_for(pid)


def wait_for(pid):
    until = time.monotonic() + 20
    while time.monotonic() < until:
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            assert status == 0, status
            return
        time.sleep(0.01)
    os.kill(pid, 9)
    os.waitpid(pid, 0)
    raise AssertionError("the child hangs")


def compute():
    return sum(range(100_000))


# Threads that the child does not have wait in line for a lock: they get nothing, and keep no turn.
lock = threading.Lock()
condition = threading.Condition()
entered = []


def wait_in_line():
    with lock:
        entered.append(1)


def wait_for_notice():
    with condition:
        condition.wait()


lock.acquire()
waiters = [threading.Thread(target=wait_in_line) for _ in range(3)]
waiters += [threading.Thread(target=wait_for_notice) for _ in range(3)]
for waiter in waiters:
    waiter.start()
time.sleep(0.1)


def go_on_alone():
    assert threading.enumerate() == [threading.main_thread()]
    assert threading.active_count() == 1
    assert not any(waiter.is_alive() for waiter in waiters)
    for waiter in waiters:
        waiter.join()
    lock.release()
    assert lock.acquire(timeout=5)
    assert not entered
    with condition:
        condition.notify_all()
    workers = [threading.Thread(target=compute) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert threading.active_count() == 1


in_child(go_on_alone)
lock.release()
while not all(waiter._started.is_set() for waiter in waiters):
    time.sleep(0.01)
with condition:
    condition.notify_all()
for waiter in waiters:
    waiter.join()
assert len(entered) == 3

# The thread that forks is the main thread of the child.
main = threading.main_thread()
failures = []


def check_from_thread(check):
    def work():
        try:
            in_child(check)
        except BaseException as failure:
            failures.append(failure)

    worker = threading.Thread(target=work, name="worker")
    worker.start()
    worker.join()
    assert not failures, failures


def is_main_now():
    me = threading.current_thread()
    assert threading.main_thread() is me and me is not main
    assert me.name == "worker" and me.ident == threading.get_ident()
    assert me.native_id == threading.get_native_id() == os.getpid()
    assert me.is_alive() and not main.is_alive()
    main.join()


check_from_thread(is_main_now)

# So is one that `threading` did not start, and then it is called so.
for known in [False, True]:
    finished = threading.Event()

    def fork_from_foreign_thread():
        if known:
            dummy = threading.current_thread()
            assert type(dummy).__name__ == "_DummyThread"

        def check():
            me = threading.current_thread()
            assert threading.main_thread() is me
            assert type(me).__name__ == "_MainThread", me
            assert me.name == "MainThread" and not me.daemon
            assert me in threading._dangling and threading.enumerate() == [me]

        try:
            in_child(check)
        except BaseException as failure:
            failures.append(failure)
        finished.set()

    _thread.start_new_thread(fork_from_foreign_thread, ())
    finished.wait()
    assert not failures, failures

# A child that was forked by a thread ends with its last thread.
pids = []


def fork_and_leave():
    pid = os.fork()
    if pid:
        pids.append(pid)
    else:
        threading.Thread(target=compute).start()


forker = threading.Thread(target=fork_and_leave)
forker.start()
forker.join()
if pids:
    wait_for(pids[0])

# Forks amid threads that compute and wait: none hangs.
stop = threading.Event()
lines = threading.Lock()


def keep_busy():
    while not stop.wait(0.0001):
        with lines:
            compute()


busy = [threading.Thread(target=keep_busy) for _ in range(4)]
for thread in busy:
    thread.start()


def look_around():
    assert len(sys._current_frames()) == 1
    helper = threading.Thread(target=compute)
    helper.start()
    helper.join()


for _ in range(10):
    in_child(look_around)
stop.set()
for thread in busy:
    thread.join()

# Hooks run in CPython's order: `before` last in, first out; the others first in, first out. Those of
# `threading` come first in the child, so a hook sees a whole `threading`.
called = []
for name in ["first", "second"]:
    os.register_at_fork(
        before=lambda name=name: called.append(f"before {name}"),
        after_in_child=lambda name=name: called.append(
            f"child {name} {threading.active_count()} {threading.current_thread().name}"
        ),
        after_in_parent=lambda name=name: called.append(f"parent {name}"),
    )
before = ["before second", "before first"]


def hooks_ran():
    assert called == before + ["child first 1 MainThread", "child second 1 MainThread"], called


company = [threading.Thread(target=time.sleep, args=(0.2,)) for _ in range(2)]
for thread in company:
    thread.start()
in_child(hooks_ran)
assert called == before + ["parent first", "parent second"], called
for thread in company:
    thread.join()


# What other threads or the forker hold: the forker's stays its own; what the library itself
# guards its objects with is free; waits of threads that are gone are forgotten.
def held_by_forker():
    lock, rlock, condition = threading.Lock(), threading.RLock(), threading.Condition()
    semaphore, event, items = threading.Semaphore(2), threading.Event(), queue.Queue(1)
    full, simple = queue.Queue(1), queue.SimpleQueue()
    full.put("kept")
    stop = threading.Event()

    def wait_for_event():
        event.wait()

    def get_in_line():
        items.get()

    def get_simple():
        simple.get()

    def put_in_line():
        full.put("late")

    def be_notified():
        with condition:
            condition.wait()

    def churn():
        while not stop.is_set():
            with condition, semaphore:
                condition.notify(0)
            event.is_set()

    others = [wait_for_event, get_in_line, get_simple, put_in_line, be_notified, churn, churn]
    others = [threading.Thread(target=other, daemon=True) for other in others]
    for other in others:
        other.start()
    time.sleep(0.05)

    def check():
        assert lock.locked() and not lock.acquire(False)
        lock.release()
        assert lock.acquire(timeout=5)
        assert rlock._is_owned() and rlock.acquire(False)
        rlock.release()
        rlock.release()
        assert not rlock._is_owned()
        # Those who waited in the parent take nothing away.
        items.put(1)
        assert items.get(timeout=5) == 1
        simple.put(2)
        assert simple.get(timeout=5) == 2
        assert full.get(timeout=5) == "kept" and full.empty()
        event.set()
        assert event.wait(5)
        # And the things work between threads of the child's own.
        heard = threading.Event()

        def hear():
            with fresh:
                heard.set()
                fresh.wait()

        fresh = threading.Condition()
        listener = threading.Thread(target=hear)
        listener.start()
        heard.wait()
        with fresh:
            fresh.notify()
        listener.join(5)
        assert not listener.is_alive()

    with lock, rlock:
        for _ in range(5):
            in_child(check)
    stop.set()
    event.set()
    items.put(1)
    simple.put(1)
    assert full.get() == "kept" and full.get(timeout=5) == "late"
    with condition:
        condition.notify_all()
    for other in others:
        other.join(20)
        assert not other.is_alive()


held_by_forker()

# A child that ends in the ordinary way writes out what it printed and joins its threads.
script = """
import os, threading, time, sys

def work():
    time.sleep(0.02)
    print("thread of the child")

stop = threading.Event()
busy = threading.Thread(target=stop.wait)
busy.start()
print("before", flush=True)
pid = os.fork()
if pid == 0:
    threading.Thread(target=work).start()
    print("child")
else:
    assert os.waitpid(pid, 0)[1] == 0
    stop.set()
    busy.join()
    print("parent")
"""
done = subprocess.run(
    [sys.executable, "-W", "ignore", "-c", script], capture_output=True, text=True, timeout=30
)
assert done.returncode == 0 and not done.stderr, done
assert done.stdout == "before\nchild\nthread of the child\nparent\n", done

# Again and again amid threads in every state; PYT_TEST_FORKS says how often.
stop = threading.Event()
guard, signals, items = threading.Lock(), threading.Condition(), queue.Queue(3)


def produce():
    while not stop.is_set():
        try:
            items.put(1, timeout=0.001)
        except queue.Full:
            pass


def consume():
    while not stop.is_set():
        try:
            items.get(timeout=0.001)
        except queue.Empty:
            pass


def notify():
    while not stop.is_set():
        with signals:
            signals.notify_all()


def listen():
    while not stop.is_set():
        with signals:
            signals.wait(0.001)


def allocate():
    while not stop.is_set():
        with guard:
            [{index: [index]} for index in range(20)]


def come_and_go():
    while not stop.is_set():
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


crowd = [produce, consume, notify, listen, listen, allocate, come_and_go, come_and_go]
crowd = [threading.Thread(target=member) for member in crowd]
for member in crowd:
    member.start()


def live():
    # Only with things of its own: a lock that another thread held is held for ever here, as in
    # CPython.
    assert threading.active_count() == 1
    fresh = queue.Queue()
    helper = threading.Thread(target=lambda: fresh.put([dict(a=1) for _ in range(100)]))
    helper.start()
    assert len(fresh.get(timeout=10)) == 100
    helper.join()


for _ in range(int(os.environ.get("PYT_TEST_FORKS", "15"))):
    in_child(live)
    check_from_thread(live)
stop.set()
for member in crowd:
    member.join()
