"""A token bucket: at most so many calls a second, with a small burst allowed.

Several threads share one bucket, as the clients of a service do that allows each account only so
many requests a second.
"""

import threading
import time


class TokenBucket:
    """Holds up to `burst` tokens and gains `rate` of them a second. A call costs one."""

    def __init__(self, rate, burst):
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._filled_at = time.monotonic()
        self._lock = threading.Lock()

    def acquire(self):
        """Take a token, waiting for it if need be. Returns the seconds waited."""
        with self._lock:
            now = time.monotonic()
            gained = (now - self._filled_at) * self._rate
            self._tokens = min(self._burst, self._tokens + gained)
            self._filled_at = now
            # A debt is allowed: it is what later callers wait for. So each caller learns at once
            # how long to sleep, and sleeps after the lock is released.
            self._tokens -= 1
            wait = max(0.0, -self._tokens / self._rate)
        time.sleep(wait)
        return wait


RATE, BURST, CALLS, CLIENTS = 40, 4, 20, 4


def client(bucket, calls):
    for _ in range(CALLS // CLIENTS):
        bucket.acquire()
        calls.append(time.monotonic())


def main():
    calls = []
    bucket = TokenBucket(RATE, BURST)
    started = time.monotonic()
    clients = [threading.Thread(target=client, args=(bucket, calls)) for _ in range(CLIENTS)]
    for thread in clients:
        thread.start()
    for thread in clients:
        thread.join()

    shortest = (CALLS - BURST) / RATE
    took = max(calls) - started
    # Whenever the k-th call passed, the bucket must have held or gained k tokens by then. A
    # millionth of a second is left for rounding.
    allowed = all(
        number <= BURST + (when - started) * RATE + 1e-6
        for number, when in enumerate(sorted(calls), start=1)
    )
    print(f"{len(calls)} calls at {RATE} a second with a burst of {BURST}")
    print(f"took at least {shortest:.2f} s:", took >= shortest - 1e-6)
    print("never faster than allowed:", allowed)


if __name__ == "__main__":
    main()
