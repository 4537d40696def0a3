"""`concurrent.futures` on our threads: results, errors, timeouts, cancelling, callbacks, shutdown."""
import threading
from concurrent import futures
from concurrent.futures import ThreadPoolExecutor

PATIENCE = 120


def results_keep_their_order():
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(pow, range(300), [2] * 300)) == [n * n for n in range(300)]
        assert list(pool.map(pow, range(50), [2] * 50, chunksize=7)) == [n * n for n in range(50)]
        submitted = {pool.submit(divmod, n, 7): n for n in range(100)}
        for done in futures.as_completed(submitted, timeout=PATIENCE):
            assert done.result() == divmod(submitted.pop(done), 7)
        assert not submitted


def many_submitters_share_one_pool():
    counts = [0] * 6
    lock = threading.Lock()

    def work(owner):
        with lock:
            counts[owner] += 1
        return owner

    def submit(owner):
        jobs = [pool.submit(work, owner) for _ in range(100)]
        results[owner] = [job.result(PATIENCE) for job in jobs]

    results = {}
    with ThreadPoolExecutor(4, thread_name_prefix="shared") as pool:
        submitters = [threading.Thread(target=submit, args=(n,)) for n in range(6)]
        for submitter in submitters:
            submitter.start()
        for submitter in submitters:
            submitter.join()
    assert counts == [100] * 6
    assert results == {n: [n] * 100 for n in range(6)}


def errors_reach_whoever_asks():
    class Mine(Exception):
        pass

    def fail(n):
        raise Mine(n) from KeyError(n)

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(fail, n) for n in range(20)]
        for n, job in enumerate(jobs):
            error = job.exception(PATIENCE)
            assert type(error) is Mine and error.args == (n,)
            assert isinstance(error.__cause__, KeyError)
            try:
                job.result()
            except Mine as raised:
                assert raised is error
                assert "fail" in [frame.name for frame in traceback_of(raised)]
            else:
                raise AssertionError("no error")
        # `map` raises at the place of the failure and takes back what has not begun.
        answers = pool.map(lambda n: 10 // n, [5, 2, 0, 1])
        assert [next(answers), next(answers)] == [2, 5]
        try:
            next(answers)
        except ZeroDivisionError:
            pass
        else:
            raise AssertionError("no error")


def traceback_of(error):
    import traceback

    return traceback.extract_tb(error.__traceback__)


def waits_end_at_their_timeout():
    gate = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        stuck = [pool.submit(gate.wait, PATIENCE) for _ in range(2)]
        try:
            stuck[0].result(timeout=0.02)
        except TimeoutError:
            pass
        else:
            raise AssertionError("no timeout")
        done, pending = futures.wait(stuck, timeout=0.02)
        assert not done and pending == set(stuck)
        try:
            list(futures.as_completed(stuck, timeout=0.02))
        except TimeoutError as error:
            assert str(error) == "2 (of 2) futures unfinished"
        else:
            raise AssertionError("no timeout")
        # Both workers are taken, so this one can still be taken back.
        waiting = pool.submit(int)
        assert waiting.cancel() and waiting.cancelled() and waiting.done()
        assert not stuck[0].cancel()
        try:
            waiting.result()
        except futures.CancelledError:
            pass
        else:
            raise AssertionError("not cancelled")
        gate.set()
        done, pending = futures.wait(stuck, PATIENCE)
        assert done == set(stuck) and not pending


def first_completed_and_first_exception():
    gate = threading.Event()

    def fail():
        raise LookupError("first")

    with ThreadPoolExecutor(3) as pool:
        slow = pool.submit(gate.wait, PATIENCE)
        quick = pool.submit(int, "7")
        done, pending = futures.wait([slow, quick], PATIENCE, futures.FIRST_COMPLETED)
        assert done == {quick} and pending == {slow}
        failing = pool.submit(fail)
        done, pending = futures.wait([slow, failing], PATIENCE, futures.FIRST_EXCEPTION)
        assert done == {failing} and pending == {slow}
        gate.set()


def callbacks_run_once_wherever_they_are_added():
    for _ in range(100):
        future = futures.Future()
        called = []
        start = threading.Barrier(3)

        def add():
            start.wait(PATIENCE)
            for _ in range(5):
                future.add_done_callback(called.append)

        def finish():
            start.wait(PATIENCE)
            future.set_result("done")

        threads = [threading.Thread(target=target) for target in (add, add, finish)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert called == [future] * 10
        try:
            future.set_result("again")
        except futures.InvalidStateError:
            pass
        else:
            raise AssertionError("finished twice")


def initializers():
    ready = threading.local()
    began = []

    def initialize(value):
        ready.value = value
        began.append(threading.get_ident())

    barrier = threading.Barrier(4)

    def work():
        barrier.wait(PATIENCE)
        return ready.value, threading.get_ident()

    with ThreadPoolExecutor(4, "named", initialize, ("set",)) as pool:
        answers = [job.result(PATIENCE) for job in [pool.submit(work) for _ in range(4)]]
    assert {value for value, _ in answers} == {"set"}
    assert sorted(ident for _, ident in answers) == sorted(began)

    def fail():
        raise RuntimeError("cannot begin")

    import logging

    logging.getLogger("concurrent.futures").addHandler(logging.NullHandler())
    logging.getLogger("concurrent.futures").propagate = False
    pool = ThreadPoolExecutor(2, initializer=fail)
    job = pool.submit(int)
    assert isinstance(job.exception(PATIENCE), futures.thread.BrokenThreadPool)
    try:
        pool.submit(int)
    except futures.thread.BrokenThreadPool:
        pass
    else:
        raise AssertionError("a broken pool took work")
    pool.shutdown()


def shutdown():
    gate = threading.Event()
    pool = ThreadPoolExecutor(1)
    running = pool.submit(gate.wait, PATIENCE)
    while not running.running():
        pass
    queued = [pool.submit(int) for _ in range(10)]
    pool.shutdown(wait=False, cancel_futures=True)
    assert all(job.cancelled() for job in queued)
    assert not running.done()
    for closed in (pool.submit, pool.map):
        try:
            closed(int, "1")
        except RuntimeError as error:
            assert str(error) == "cannot schedule new futures after shutdown"
        else:
            raise AssertionError("a closed pool took work")
    gate.set()
    assert running.result(PATIENCE) is True
    pool.shutdown()

    # A job may give work to its own pool, as long as it does not wait for it.
    with ThreadPoolExecutor(2) as pool:
        inner = pool.submit(lambda: pool.submit(sum, [1, 2, 3])).result(PATIENCE)
        assert inner.result(PATIENCE) == 6


def pools_in_pools():
    def outer(n):
        with ThreadPoolExecutor(3) as pool:
            return sum(pool.map(lambda k: n * k, range(10)))

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(outer, range(20))) == [45 * n for n in range(20)]


before = threading.active_count()
results_keep_their_order()
many_submitters_share_one_pool()
errors_reach_whoever_asks()
waits_end_at_their_timeout()
first_completed_and_first_exception()
callbacks_run_once_wherever_they_are_added()
initializers()
shutdown()
pools_in_pools()
assert threading.active_count() == before, threading.enumerate()

# Left running on purpose: the end of the program waits for the job.
last = ThreadPoolExecutor(1)
last.submit(lambda: threading.Event().wait(0.05))
