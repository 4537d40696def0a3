"""`multiprocessing.pool.ThreadPool`: every way to give it work, its errors, its timeouts, its end."""
import multiprocessing
import multiprocessing.dummy
import threading
import time
from multiprocessing.pool import ThreadPool

PATIENCE = 120


def square(n):
    return n * n


def fail_on_seven(n):
    if n == 7:
        raise ValueError("seven")
    return n


def raises(error, call, *arguments):
    try:
        call(*arguments)
    except error as raised:
        return raised
    raise AssertionError(f"no {error.__name__}")


before = threading.active_count()

with ThreadPool(6) as pool:
    squares = [n * n for n in range(500)]
    assert pool.map(square, range(500)) == squares
    assert pool.map(square, range(500), chunksize=1) == squares
    assert list(pool.imap(square, range(500))) == squares
    assert sorted(pool.imap_unordered(square, range(500), 11)) == squares
    assert pool.starmap(pow, [(n, 2) for n in range(500)]) == squares
    assert pool.apply(square, (12,)) == 144

    # All six take part at once.
    barrier = threading.Barrier(6)
    assert sorted(pool.map(lambda _: barrier.wait(PATIENCE), range(6), 1)) == list(range(6))

    # Callbacks run in a thread of the pool's own.
    got, errors, called = [], [], threading.Semaphore(0)

    def keep(into):
        def callback(value):
            into.append((value, threading.current_thread()))
            called.release()

        return callback

    for n in range(20):
        pool.apply_async(fail_on_seven, (n,), {}, keep(got), keep(errors))
    for _ in range(20):
        assert called.acquire(timeout=PATIENCE)
    assert sorted(n for n, _ in got) == [n for n in range(20) if n != 7]
    assert [str(error) for error, _ in errors] == ["seven"]
    assert {thread for _, thread in got + errors} == {pool._result_handler}

    # Errors come out where the result would.
    assert str(raises(ValueError, pool.map, fail_on_seven, range(20))) == "seven"
    answers = pool.imap(fail_on_seven, range(9))
    assert [next(answers) for _ in range(7)] == list(range(7))
    raises(ValueError, next, answers)
    assert next(answers) == 8
    raises(StopIteration, next, answers)

    def broken():
        yield 1
        raise OSError("ran dry")

    assert str(raises(OSError, pool.map, square, broken())) == "ran dry"

    # Timeouts.
    gate = threading.Event()
    late = pool.apply_async(gate.wait, (PATIENCE,))
    raises(multiprocessing.TimeoutError, late.get, 0.02)
    assert not late.ready()
    raises(ValueError, late.successful)
    late.wait(0.02)
    gate.set()
    assert late.get(PATIENCE) is True and late.successful()

    # Several threads share the pool.
    def share(n):
        answers[n] = pool.map(square, range(n * 100, n * 100 + 100))

    answers = {}
    threads = [threading.Thread(target=share, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answers[n] for n in range(5)] == [squares[n * 100 : n * 100 + 100] for n in range(5)]

# Leaving the block terminated it.
raises(ValueError, pool.map, square, [1])
pool.join()

# Closing lets what was given end.
pool = ThreadPool(2)
results = [pool.apply_async(time.sleep, (0.01,)) for _ in range(10)]
pool.close()
assert str(raises(ValueError, pool.apply_async, square, (1,))) == "Pool not running"
pool.join()
assert all(result.successful() for result in results)

# Initializers run once per worker; `maxtasksperchild` renews the workers.
began, lock = [], threading.Lock()


def initialize(word):
    with lock:
        began.append((word, threading.get_ident()))


with ThreadPool(3, initialize, ("hello",)) as pool:
    pool.map(square, range(30))
pool.join()
# Two of the workers may have done all there was to do before the third one began.
assert [word for word, _ in began] == ["hello"] * 3

# multiprocessing.dummy is the same with the names of multiprocessing.
with multiprocessing.dummy.Pool(3) as pool:
    assert pool.map(len, ["a", "bb", "ccc"]) == [1, 2, 3]
pool.join()
ours, theirs = multiprocessing.dummy.Pipe()
echo = multiprocessing.dummy.Process(target=lambda: theirs.send(theirs.recv() * 2))
echo.start()
ours.send(21)
assert ours.recv() == 42
echo.join()
assert echo.exitcode == 0

for _ in range(20):
    with ThreadPool(4) as pool:
        pool.map_async(square, range(100))  # not waited for: terminated with work on its hands
    pool.join()

raises(ValueError, ThreadPool, 0)
assert threading.active_count() == before, threading.enumerate()
