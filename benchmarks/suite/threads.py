"""What it costs that threads start, end, and hand the turn to each other."""

import queue
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from _measure import DEADLINE, Suite, join, together

suite = Suite(__doc__)


def nothing(*arguments):
    pass


@suite.timed("thread start + join")
def start_and_join(times):
    started = time.perf_counter()
    for _ in range(times):
        thread = threading.Thread(target=nothing)
        thread.start()
        thread.join()
    return time.perf_counter() - started


@suite.timed("thread start + join, ten at a time")
def ten_at_a_time(times):
    started = time.perf_counter()
    for _ in range(0, times, 10):
        threads = [threading.Thread(target=nothing) for _ in range(10)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    seconds = time.perf_counter() - started
    return seconds * times / (10 * len(range(0, times, 10)))


def ping_pong(name, make):
    """There and back again, over two queues, with a thread that answers."""

    @suite.timed(name)
    def measure(times):
        there, back = make(), make()

        def echo():
            while there.get():
                back.put(True)

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        there.put(True)
        back.get(timeout=DEADLINE)  # the thread runs
        started = time.perf_counter()
        for _ in range(times):
            there.put(True)
            back.get()
        seconds = time.perf_counter() - started
        there.put(False)
        join([thread])
        return seconds


ping_pong("two queues, ping-pong", queue.Queue)
ping_pong("two SimpleQueues, ping-pong", queue.SimpleQueue)


@suite.timed("two locks, ping-pong")
def locks(times):
    mine, yours = threading.Lock(), threading.Lock()
    mine.acquire()
    yours.acquire()

    def work(number):
        wait, wake = (mine, yours) if number == 0 else (yours, mine)
        for turn in range(times):
            if number == 0:
                wake.release()
            wait.acquire()
            if number == 1:
                wake.release()

    return together(2, work)


@suite.timed("two events, ping-pong")
def events(times):
    asked, answered = threading.Event(), threading.Event()

    def work(number):
        for _ in range(times):
            if number == 0:
                asked.set()
                answered.wait()
                answered.clear()
            else:
                asked.wait()
                asked.clear()
                answered.set()

    return together(2, work)


@suite.timed("condition of two, notify/wait rounds")
def condition_rounds(times):
    condition = threading.Condition()
    turn = 0

    def work(number):
        nonlocal turn
        for _ in range(times):
            with condition:
                while turn != number:
                    condition.wait()
                turn = 1 - number
                condition.notify()

    return together(2, work)


def barrier_rounds(name, parties):
    @suite.timed(name)
    def measure(times):
        barrier = threading.Barrier(parties)

        def work(number):
            for _ in range(times):
                barrier.wait(DEADLINE)

        return together(parties, work)


barrier_rounds("barrier of two, rounds", 2)
barrier_rounds("barrier of four, rounds", 4)


@suite.timed("ThreadPoolExecutor submit + result")
def submit_and_result(times):
    with ThreadPoolExecutor(2) as pool:
        pool.submit(nothing).result(DEADLINE)
        started = time.perf_counter()
        for _ in range(times):
            pool.submit(nothing).result()
        return time.perf_counter() - started


@suite.timed("ThreadPoolExecutor map, 4 workers, per item")
def map_items(times):
    with ThreadPoolExecutor(4) as pool:
        pool.submit(nothing).result(DEADLINE)
        started = time.perf_counter()
        results = list(pool.map(nothing, range(times), timeout=DEADLINE))
        seconds = time.perf_counter() - started
    assert len(results) == times
    return seconds


@suite.timed("ThreadPoolExecutor of 4, made, used once and shut down")
def whole_pool(times):
    started = time.perf_counter()
    for _ in range(times):
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(nothing, range(4), timeout=DEADLINE))
    return time.perf_counter() - started


if __name__ == "__main__":
    suite.main()
