"""tenacity: functions tried again and again in several threads, with sleeps, limits and callbacks."""
import asyncio
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import tenacity
from tenacity import (
    AsyncRetrying,
    RetryError,
    Retrying,
    TryAgain,
    retry,
    retry_if_exception_type,
    retry_if_result,
    sleep_using_event,
    stop_after_attempt,
    stop_after_delay,
    stop_when_event_set,
    wait_exponential,
    wait_fixed,
    wait_none,
    wait_random,
)

PATIENCE = 120


def run_all(work, count=6):
    with ThreadPoolExecutor(count) as pool:
        return [job.result(PATIENCE) for job in [pool.submit(work, n) for n in range(count)]]


def each_thread_counts_its_own_tries():
    tries = threading.local()

    @retry(stop=stop_after_attempt(10), wait=wait_fixed(0.002) + wait_random(0, 0.002))
    def work(n):
        tries.count = getattr(tries, "count", 0) + 1
        if tries.count <= n:
            raise OSError(f"try {tries.count}")
        return n, tries.count

    def fresh(n):
        thread_answers = []
        thread = threading.Thread(target=lambda: thread_answers.append(work(n)))
        thread.start()
        thread.join()
        return thread_answers[0]

    assert run_all(fresh) == [(n, n + 1) for n in range(6)]


def giving_up():
    @retry(stop=stop_after_attempt(3), wait=wait_none())
    def never(n):
        raise ValueError(n)

    @retry(stop=stop_after_attempt(3), wait=wait_none(), reraise=True)
    def never_plainly(n):
        raise ValueError(n)

    def work(n):
        try:
            never(n)
        except RetryError as error:
            last = error.last_attempt
            assert last.attempt_number == 3 and last.exception().args == (n,)
        else:
            raise AssertionError("no error")
        try:
            never_plainly(n)
        except ValueError as error:
            assert error.args == (n,)
        else:
            raise AssertionError("no error")

    run_all(work)

    @retry(stop=stop_after_delay(0.03), wait=wait_fixed(0.005), retry_error_callback=lambda s: s)
    def late():
        raise OSError

    state = late()
    assert state.attempt_number >= 1 and state.seconds_since_start >= 0.03


def shared_server_that_fails():
    """Threads retry against something that lets only every third call through."""
    lock, calls = threading.Lock(), [0]

    @retry(retry=retry_if_exception_type(ConnectionError), wait=wait_exponential(0.001, max=0.005))
    def request(n):
        with lock:
            calls[0] += 1
            if calls[0] % 3:
                raise ConnectionError(calls[0])
        return n

    assert run_all(lambda n: [request(k) for k in range(10)]) == [list(range(10))] * 6
    assert calls[0] == 180

    @retry(retry=retry_if_exception_type(ConnectionError))
    def other_error():
        raise KeyError("not retried")

    try:
        other_error()
    except KeyError:
        pass
    else:
        raise AssertionError("no error")


def until_a_result():
    box = []

    @retry(retry=retry_if_result(lambda value: value is None), wait=wait_fixed(0.002))
    def look():
        return box[0] if box else None

    with ThreadPoolExecutor(3) as pool:
        waiting = [pool.submit(look) for _ in range(3)]
        time.sleep(0.02)
        assert not any(job.done() for job in waiting)
        box.append("here")
        assert [job.result(PATIENCE) for job in waiting] == ["here"] * 3


def stopped_by_an_event():
    stop = threading.Event()
    started = threading.Barrier(5)

    @retry(
        stop=stop_when_event_set(stop), wait=wait_fixed(PATIENCE), sleep=sleep_using_event(stop)
    )
    def work(first):
        if first:
            first.pop()
            started.wait(PATIENCE)
        raise OSError("again")

    def guarded():
        try:
            work([1])
        except RetryError as error:
            return error.last_attempt.attempt_number

    began = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(guarded) for _ in range(4)]
        started.wait(PATIENCE)
        stop.set()
        assert {job.result(PATIENCE) for job in jobs} <= {1, 2}
    assert time.monotonic() - began < PATIENCE


def callbacks_and_blocks():
    records = []
    log = logging.getLogger("retries")
    log.propagate = False
    log.setLevel(logging.INFO)
    handler = logging.Handler()
    handler.emit = records.append
    log.addHandler(handler)

    def work(n):
        for attempt in Retrying(
            stop=stop_after_attempt(5),
            before_sleep=tenacity.before_sleep_log(log, logging.INFO),
            wait=wait_fixed(0.001),
        ):
            with attempt:
                if attempt.retry_state.attempt_number < 3:
                    raise TryAgain
        return attempt.retry_state.attempt_number

    assert run_all(work) == [3] * 6
    assert len(records) == 12, len(records)
    assert all("Retrying" in record.getMessage() for record in records)


def loops_in_threads():
    async def main(n):
        async for attempt in AsyncRetrying(wait=wait_fixed(0.001), stop=stop_after_attempt(9)):
            with attempt:
                await asyncio.sleep(0)
                if attempt.retry_state.attempt_number <= n:
                    raise OSError(n)
        return attempt.retry_state.attempt_number

    assert run_all(lambda n: asyncio.run(main(n))) == list(range(1, 7))


each_thread_counts_its_own_tries()
giving_up()
shared_server_that_fails()
until_a_result()
stopped_by_an_event()
callbacks_and_blocks()
loops_in_threads()
