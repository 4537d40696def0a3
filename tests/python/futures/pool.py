"""`ThreadPoolExecutor`: what is overridden, replaced, broken, cancelled and collected."""
import gc
import inspect
import itertools
import logging
import queue
import sys
import threading
import time
import weakref
from concurrent.futures import (
    ALL_COMPLETED,
    FIRST_COMPLETED,
    FIRST_EXCEPTION,
    CancelledError,
    Future,
    ThreadPoolExecutor,
    _base,
    as_completed,
    thread,
    wait,
)

PATIENCE = 120


def raises(error, call, *arguments, **keywords):
    try:
        call(*arguments, **keywords)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


def quiet():
    logger = logging.getLogger("concurrent.futures")
    logger.addHandler(logging.NullHandler())
    logger.propagate = False


def attributes():
    with ThreadPoolExecutor(1, "named") as pool:
        assert type(pool._work_queue) is queue.SimpleQueue
        assert isinstance(pool._idle_semaphore, threading.Semaphore)
        assert pool._threads == set() and pool._max_workers == 1
        assert pool._shutdown is False and pool._broken is False
        f = pool.submit(lambda *args, **kwargs: (args, kwargs), 1, self=2, fn=3)
        assert type(f) is Future and f.result() == ((1,), {"self": 2, "fn": 3})
        (worker,) = pool._threads
        assert worker.name == "named_0" and not worker.daemon
        assert thread._threads_queues[worker] is pool._work_queue
        assert pool.submit(threading.current_thread).result() is worker
        raises(TypeError, pool.submit)
        raises(TypeError, ThreadPoolExecutor.submit)
        raises(TypeError, pool.submit(1).result)
        # The idle worker says so before it waits.
        while pool._idle_semaphore._value == 0:
            time.sleep(0.001)
    assert pool._shutdown is True
    assert str(raises(RuntimeError, pool.submit, int)) == (
        "cannot schedule new futures after shutdown"
    )
    submit = ThreadPoolExecutor.submit
    assert submit.__name__ == "submit" and submit.__qualname__ == "ThreadPoolExecutor.submit"
    assert str(inspect.signature(submit)) == "(self, fn, /, *args, **kwargs)"
    assert submit.__doc__ == _base.Executor.submit.__doc__
    assert str(inspect.signature(pool.submit)) == "(fn, /, *args, **kwargs)"
    assert inspect.isfunction(submit) and "ThreadPoolExecutor.submit" in repr(submit)
    with ThreadPoolExecutor(1) as pool:
        bound = pool.submit
        assert bound(int, "7").result() == 7
        assert ThreadPoolExecutor.submit(pool, int, "8").result() == 8


def tasks_see_a_frame_of_the_library():
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(eval, "1 + 1").result() == 2
        assert pool.submit(globals).result()["__name__"] == "concurrent.futures.thread"
        frame = pool.submit(lambda: sys._getframe(1)).result()
        assert frame.f_globals["__name__"] == "concurrent.futures.thread"
        idle = sys._current_frames()
        assert {worker.ident for worker in pool._threads} <= set(idle)


def hooks_are_called():
    log = []

    class Pool(ThreadPoolExecutor):
        def submit(self, fn, /, *args, **kwargs):
            log.append("submit")
            return super().submit(fn, *args, **kwargs)

        def _adjust_thread_count(self):
            log.append("adjust")
            super()._adjust_thread_count()

        def _initializer_failed(self):
            log.append("failed")
            super()._initializer_failed()

    with Pool(2) as pool:
        assert pool.submit(int, "1").result() == 1
        assert list(pool.map(int, "23")) == [2, 3]
    assert log == ["submit", "adjust"] * 3

    def fail():
        raise RuntimeError("cannot begin")

    log.clear()
    with Pool(1, initializer=fail) as pool:
        f = pool.submit(int)
        assert isinstance(f.exception(PATIENCE), thread.BrokenThreadPool)
        assert isinstance(f.exception(), Pool.BROKEN)
        raises(thread.BrokenThreadPool, pool.submit, int)
    assert log == ["submit", "adjust", "failed", "submit"]

    class Shouting(thread.WorkerContext):
        def initialize(self):
            super().initialize()
            log.append("begins")

        def finalize(self):
            log.append("ends")

        def run(self, task):
            log.append("runs")
            return super().run(task)

    class Shouters(ThreadPoolExecutor):
        @classmethod
        def prepare_context(cls, initializer, initargs, loud):
            assert loud == "yes"
            return Shouting.prepare(initializer, initargs)

    log.clear()
    with Shouters(1, loud="yes", initializer=log.append, initargs=("init",)) as pool:
        assert pool.submit(int, "4").result() == 4
    assert log == ["init", "begins", "runs", "ends"]

    class Upside(thread.WorkerContext):
        @classmethod
        def prepare(cls, initializer, initargs):
            create, _ = super().prepare(initializer, initargs)
            return create, lambda fn, args, kwargs: (fn, args[::-1], kwargs)

    class Reversed(ThreadPoolExecutor):
        prepare_context = Upside.prepare

    with Reversed(1) as pool:
        assert pool.submit(divmod, 2, 9).result() == (4, 1)

    class Properties(ThreadPoolExecutor):
        looked = 0

        @property
        def _shutdown(self):
            Properties.looked += 1
            return self.__dict__["_closed"]

        @_shutdown.setter
        def _shutdown(self, value):
            self.__dict__["_closed"] = value

    with Properties(1) as pool:
        assert pool.submit(int, "5").result() == 5
    assert Properties.looked >= 1


def what_is_replaced_is_used():
    class Bounded(ThreadPoolExecutor):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._work_queue = queue.Queue(100)

    with Bounded(2) as pool:
        assert sorted(pool.map(abs, range(-50, 0))) == list(range(1, 51))
        assert pool._work_queue.unfinished_tasks >= 50

    class Last(ThreadPoolExecutor):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._work_queue = queue.LifoQueue()

    gate, order = threading.Event(), []
    with Last(1) as pool:
        first = pool.submit(gate.wait, PATIENCE)
        while not first.running():
            time.sleep(0.001)
        for number in range(5):
            pool.submit(order.append, number)
        gate.set()
        while len(order) < 5:
            time.sleep(0.001)
    assert order == [4, 3, 2, 1, 0]

    with ThreadPoolExecutor(1) as pool:
        counted = itertools.count()
        pool._adjust_thread_count = lambda: (next(counted), type(pool)._adjust_thread_count(pool))
        assert pool.submit(int, "6").result() == 6
        assert next(counted) == 1

    class Counting(Future):
        made = 0

        def __init__(self):
            super().__init__()
            Counting.made += 1

    _base.Future = Counting
    try:
        with ThreadPoolExecutor(1) as pool:
            assert type(pool.submit(int)) is Counting and Counting.made == 1
    finally:
        _base.Future = Future

    original, seen = thread.WorkerContext.run, []
    try:
        thread.WorkerContext.run = lambda self, task: (seen.append(task), original(self, task))[1]
        with ThreadPoolExecutor(1) as pool:
            assert pool.submit(pow, 2, 3, mod=5).result() == 3
    finally:
        thread.WorkerContext.run = original
    assert seen == [(pow, (2, 3), {"mod": 5})]


def work_items():
    f = Future()
    item = thread._WorkItem(f, (divmod, (7, 2), {}))
    assert item.future is f and item.task == (divmod, (7, 2), {})
    item.run(thread.WorkerContext(None, ()))
    assert f.result() == (3, 1)
    f = Future()
    thread._WorkItem(f, (int, ("x",), {})).run(thread.WorkerContext(None, ()))
    assert type(f.exception()) is ValueError
    # Those that wait in the queue, as programs look at them.
    gate = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(gate.wait, PATIENCE)
        while not first.running():
            time.sleep(0.001)
        f = pool.submit(pow, 2, 5, mod=7)
        item = pool._work_queue.get()
        assert type(item) is thread._WorkItem and item.future is f
        assert item.task == (pow, (2, 5), {"mod": 7}) == item.task
        pool._work_queue.put(item)
        gate.set()
        assert f.result(PATIENCE) == 4


def whatever_is_raised_arrives():
    class Odd(BaseException):
        pass

    def fail(error):
        raise error

    with ThreadPoolExecutor(1) as pool:
        for error in (ValueError(1), Odd(2), SystemExit(3), KeyboardInterrupt(4), StopIteration(5)):
            f = pool.submit(fail, error)
            assert f.exception(PATIENCE) is error
            assert raises(type(error), f.result) is error
        (worker,) = pool._threads
        assert worker.is_alive() and pool.submit(int, "1").result() == 1


def nothing_is_kept():
    class Thing:
        pass

    with ThreadPoolExecutor(1) as pool:
        thing = Thing()
        gone = weakref.ref(thing)
        f = pool.submit(id, thing)
        f.result()
        done = weakref.ref(f)
        del thing, f
        until = time.monotonic() + PATIENCE
        while (gone() or done()) and time.monotonic() < until:
            time.sleep(0.001)
        assert gone() is None and done() is None


def a_pool_that_is_gone_ends_its_threads():
    pool = ThreadPoolExecutor(3)
    barrier = threading.Barrier(3)
    assert len(list(pool.map(lambda _: barrier.wait(PATIENCE), range(3)))) == 3
    workers = list(pool._threads)
    assert len(workers) == 3
    gone = weakref.ref(pool)
    del pool
    gc.collect()
    for worker in workers:
        worker.join(PATIENCE)
        assert not worker.is_alive()
    assert gone() is None


def cancels_race_with_runs():
    ran = []
    lock = threading.Lock()

    def work(number):
        with lock:
            ran.append(number)
        return number

    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(work, number) for number in range(2000)]
        cancelled = {number for number in range(1999, -1, -2) if futures[number].cancel()}
        done = wait(futures, PATIENCE).done
        assert done == set(futures)
    assert sorted(ran) == [number for number in range(2000) if number not in cancelled]
    for number, f in enumerate(futures):
        if number in cancelled:
            assert f.cancelled()
            raises(CancelledError, f.result)
        else:
            assert f.result() == number

    gate = threading.Event()
    pool = ThreadPoolExecutor(1)
    first = pool.submit(gate.wait, PATIENCE)
    while not first.running():
        time.sleep(0.001)
    rest = [pool.submit(work, 0) for _ in range(100)]
    pool.shutdown(wait=False, cancel_futures=True)
    assert all(f.cancelled() for f in rest) and not first.done()
    gate.set()
    assert first.result(PATIENCE) is True
    pool.shutdown()


def thousands_from_many_threads():
    results, told = {}, []

    def submit(owner):
        futures = [pool.submit(pow, number, 2) for number in range(500)]
        for f in futures:
            f.add_done_callback(lambda f: told.append(f.result()))
        results[owner] = [f.result(PATIENCE) for f in futures]

    with ThreadPoolExecutor(3) as pool:
        submitters = [threading.Thread(target=submit, args=(owner,)) for owner in range(4)]
        for submitter in submitters:
            submitter.start()
        for submitter in submitters:
            submitter.join()
        assert len(pool._threads) <= 3
    assert results == {owner: [n * n for n in range(500)] for owner in range(4)}
    assert sorted(told) == sorted(results[0] * 4)
    # A round trip at a time: the worker is idle in between.
    with ThreadPoolExecutor(2) as pool:
        for number in range(3000):
            assert pool.submit(int, number).result(PATIENCE) == number


def waiting_for_several():
    def fail():
        raise LookupError

    for _ in range(20):
        gate = threading.Event()
        with ThreadPoolExecutor(4) as pool:
            stuck = pool.submit(gate.wait, PATIENCE)
            quick = [pool.submit(int, str(number)) for number in range(10)]
            assert wait(quick + [stuck], PATIENCE, FIRST_COMPLETED).done
            assert wait(quick, PATIENCE, ALL_COMPLETED) == (set(quick), set())
            done, pending = wait([stuck] + quick, 0.01)
            assert done == set(quick) and pending == {stuck}
            failing = pool.submit(fail)
            done, pending = wait([failing, stuck], PATIENCE, FIRST_EXCEPTION)
            assert done == {failing} and pending == {stuck}
            completed = as_completed(quick + [stuck], timeout=PATIENCE)
            assert {next(completed) for _ in quick} == set(quick)
            gate.set()
            assert next(completed) is stuck
            raises(StopIteration, next, completed)


before = threading.active_count()
quiet()
attributes()
tasks_see_a_frame_of_the_library()
hooks_are_called()
what_is_replaced_is_used()
work_items()
whatever_is_raised_arrives()
nothing_is_kept()
a_pool_that_is_gone_ends_its_threads()
cancels_race_with_runs()
thousands_from_many_threads()
waiting_for_several()
assert threading.active_count() == before, threading.enumerate()
# Left to the end of the program, which waits for it.
last = ThreadPoolExecutor(1)
last.submit(time.sleep, 0.02)
