"""A fork copies one thread: what the child does with locks, threads and names of the others."""
import _thread
import os
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
