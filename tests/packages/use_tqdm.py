"""tqdm: progress bars in threads: thread_map, shared bars, nested bars, the monitor thread, locks."""
import asyncio
import io
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor

import tqdm as package
from tqdm import TqdmSynchronisationWarning, tqdm, trange
from tqdm.asyncio import tqdm as async_tqdm
from tqdm.contrib import DummyTqdmFile
from tqdm.contrib.concurrent import ensure_lock, thread_map

PATIENCE = 120


def run_all(work, count=5):
    with ThreadPoolExecutor(count) as pool:
        return [job.result(PATIENCE) for job in [pool.submit(work, n) for n in range(count)]]


def map_in_threads():
    stream = io.StringIO()
    barrier = threading.Barrier(4)

    def square(n):
        barrier.wait(PATIENCE)  # four at a time
        return n * n

    answers = thread_map(square, range(100), max_workers=4, file=stream, desc="squares")
    assert answers == [n * n for n in range(100)]
    # Each worker counts its own answers up, and the package guards that count by nothing: without a
    # GIL some are lost, here as on any free-threaded Python.
    assert "squares: " in stream.getvalue() and "/100 [" in stream.getvalue()

    def fail(n):
        if n == 3:
            raise ValueError(n)

    try:
        thread_map(fail, range(10), max_workers=2, file=stream)
    except ValueError as error:
        assert error.args == (3,)
    else:
        raise AssertionError("no error")


def one_bar_for_all():
    stream = io.StringIO()
    with tqdm(total=250, file=stream, mininterval=0, miniters=1) as bar:
        lock = threading.Lock()

        def work(n):
            for k in range(50):
                with lock:  # the count is not the bar's to guard
                    bar.update()
                if k % 10 == 0:
                    bar.set_postfix(worker=n)
                    bar.set_description(f"worker {n}")

        run_all(work)
        assert bar.n == 250
    last = stream.getvalue().split("\r")[-1]
    assert "250/250" in last, last


def a_bar_for_each():
    stream = io.StringIO()

    def work(n):
        total = 0
        for k in trange(50, position=n, desc=f"bar {n}", file=stream, leave=False):
            total += k
            if k == 25:
                tqdm.write(f"half of {n}", file=stream)
        return total

    assert run_all(work) == [1225] * 5
    for n in range(5):
        assert f"half of {n}\n" in stream.getvalue()
    assert len(tqdm._instances) == 0


def closed_by_other_threads():
    stream = io.StringIO()
    for _ in range(20):
        bars = [tqdm(total=10, file=stream) for _ in range(5)]
        run_all(lambda n: bars[n].close())
        assert all(bar.disable for bar in bars)
    assert len(tqdm._instances) == 0


def the_monitor():
    """A thread of tqdm's own refreshes bars that have not moved for long."""
    stream = io.StringIO()
    tqdm.monitor_interval, before = 0.01, tqdm.monitor_interval
    if tqdm.monitor is not None:
        tqdm.monitor.exit()
        tqdm.monitor = None
    try:
        with tqdm(total=10, file=stream, miniters=1000, maxinterval=0.01) as bar:
            bar.update()
            until = time.monotonic() + PATIENCE
            while bar.miniters != 1 and time.monotonic() < until:
                time.sleep(0.005)
            assert bar.miniters == 1
            monitor = tqdm.monitor
            assert monitor.is_alive() and monitor.daemon and monitor.report()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            monitor.exit()
            assert not monitor.is_alive() and not monitor.report()
            with tqdm(total=1, file=stream):
                pass
        assert all(issubclass(w.category, TqdmSynchronisationWarning) for w in caught)
    finally:
        tqdm.monitor_interval = before
        if tqdm.monitor is not None:
            tqdm.monitor.exit()
            tqdm.monitor = None


def locks():
    """The lock that guards the terminal can be replaced, and taken by the program."""
    original = tqdm.get_lock()
    mine = threading.RLock()
    tqdm.set_lock(mine)
    try:
        assert tqdm.get_lock() is mine
        stream = io.StringIO()
        with tqdm(total=5, file=stream) as bar, tqdm.get_lock():
            blocked = threading.Thread(target=bar.refresh)
            blocked.start()
            blocked.join(0.05)
            assert blocked.is_alive()
        blocked.join(PATIENCE)
        assert not blocked.is_alive()
    finally:
        tqdm.set_lock(original)
    with ensure_lock(tqdm) as lock:
        assert lock is original


def written_through():
    stream = io.StringIO()
    file = DummyTqdmFile(stream)

    def work(n):
        for k in range(20):
            print(f"{n} says {k}", file=file)

    with tqdm(total=1, file=stream):
        run_all(work)
    text = stream.getvalue()
    assert all(f" says {k}" in text for k in range(20))


def with_asyncio():
    async def main():
        stream = io.StringIO()
        jobs = [asyncio.to_thread(pow, n, 2) for n in range(30)]
        answers = await async_tqdm.gather(*jobs, file=stream)
        assert answers == [n * n for n in range(30)]
        assert "30/30" in stream.getvalue()

    asyncio.run(main())


assert package.__version__
map_in_threads()
one_bar_for_all()
a_bar_for_each()
closed_by_other_threads()
the_monitor()
locks()
written_through()
with_asyncio()
