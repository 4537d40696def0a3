"""cachetools: caches and cached functions shared by threads, with a lock and with a condition."""
import threading
from concurrent.futures import ThreadPoolExecutor

import cachetools
from cachetools import FIFOCache, LFUCache, LRUCache, RRCache, TLRUCache, TTLCache, cached
from cachetools import cachedmethod, keys

PATIENCE = 120


def run_all(work, count=6):
    with ThreadPoolExecutor(count) as pool:
        return [job.result(PATIENCE) for job in [pool.submit(work, n) for n in range(count)]]


def a_lock_keeps_the_cache_whole():
    for kind in (FIFOCache, LFUCache, LRUCache, RRCache):
        lock, cache = threading.Lock(), kind(maxsize=20)

        @cached(cache, lock=lock, info=True)
        def square(n):
            return n * n

        def work(seed):
            return [square((seed + k * 7) % 40) for k in range(200)]

        for seed, answers in enumerate(run_all(work)):
            assert answers == [((seed + k * 7) % 40) ** 2 for k in range(200)]
        info = square.cache_info()
        assert info.hits + info.misses == 1200 and info.maxsize == 20, info
        assert len(cache) == cache.currsize == info.currsize == 20
        assert all(value == key[0] ** 2 for key, value in cache.items())
        assert square.cache_lock is lock and not lock.locked()
        square.cache_clear()
        assert square.cache_info() == (0, 0, 20, 0)


def a_condition_stops_stampedes():
    """With a condition, threads that ask for the same key wait for the one that computes it."""
    calls, gate = [], threading.Event()
    condition = threading.Condition()

    @cached(LRUCache(100), condition=condition, info=True)
    def slow(key):
        calls.append(key)
        assert gate.wait(PATIENCE)
        return key.upper()

    def opener():
        # All but two have joined the line when the gate opens, or it is opened all the same.
        gate.wait(0.1)
        gate.set()

    thread = threading.Thread(target=opener)
    thread.start()
    assert run_all(lambda n: slow("ab"[n % 2])) == ["A", "B"] * 3
    thread.join()
    assert sorted(calls) == ["a", "b"]
    info = slow.cache_info()
    assert (info.hits, info.misses) == (4, 2), info

    # Whoever computes may fail; then another computes.
    tries = []

    @cached({}, condition=threading.Condition())
    def fails_twice(key):
        tries.append(key)
        if len(tries) <= 2:
            raise LookupError(key)
        return "third time"

    def ask(n):
        try:
            return fails_twice("key")
        except LookupError:
            return "failed"

    assert sorted(run_all(ask)) == ["failed"] * 2 + ["third time"] * 4
    assert len(tries) == 3


def methods():
    class Service:
        def __init__(self):
            self.cache = LRUCache(10)
            self.lock = threading.RLock()
            self.calls = 0

        @cachedmethod(lambda self: self.cache, lock=lambda self: self.lock)
        def get(self, n):
            with self.lock:
                self.calls += 1
            # Calls itself while nothing is held.
            return n + (self.get(n - 1) if n else 0)

    service = Service()
    assert run_all(lambda n: service.get(5)) == [15] * 6
    assert 6 <= service.calls <= 36 and len(service.cache) == 6


def time_to_live():
    now = [0]
    lock = threading.Lock()
    cache = TTLCache(50, ttl=10, timer=lambda: now[0])

    def work(n):
        for k in range(100):
            with lock:
                cache[n, k % 5] = (n, k)
                assert cache[n, k % 5] == (n, k)

    run_all(work)
    assert len(cache) == 30
    now[0] = 9
    with lock:
        cache["late"] = 1
    now[0] = 10
    assert list(cache) == ["late"] and len(cache) == 1
    now[0] = 20
    assert len(cache) == 0 and cache.expire() is not None

    chosen = TLRUCache(10, ttu=lambda key, value, now: now + value, timer=lambda: now[0])
    chosen["short"], chosen["long"] = 1, 100
    now[0] += 5
    assert list(chosen) == ["long"]


def sizes_and_keys():
    cache = LRUCache(100, getsizeof=len)
    lock = threading.Lock()

    @cached(cache, key=lambda n: keys.hashkey(n % 10), lock=lock)
    def text(n):
        return "x" * (n % 10 + 1)

    assert {len(answer) for answer in run_all(lambda n: text(n + 10))} == set(range(1, 7))
    assert cache.currsize == sum(range(1, 7))
    try:
        cache["big"] = "x" * 101
    except ValueError as error:
        assert str(error) == "value too large"
    else:
        raise AssertionError("took too much")


def function_caches():
    from cachetools.func import lru_cache, ttl_cache

    for decorator in (lru_cache(maxsize=8), ttl_cache(maxsize=8, ttl=PATIENCE * 10)):
        twice = decorator(lambda n: 2 * n)
        assert run_all(lambda n: [twice(k) for k in range(50)]) == [list(range(0, 100, 2))] * 6
        assert twice.cache_info().currsize == 8


assert cachetools.__version__
a_lock_keeps_the_cache_whole()
a_condition_stops_stampedes()
methods()
time_to_live()
sizes_and_keys()
function_caches()
