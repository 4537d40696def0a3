"""Run a task every so often with threading.Timer, without drifting, until it is cancelled.

A Timer fires once, so each run sets the next one. The next is counted from when this run was due,
not from when it ended: otherwise each run would push all later ones back.
"""

import threading
import time


class Periodic:
    """Calls `function(number)` every `interval` seconds, on timer threads, from start to cancel."""

    def __init__(self, interval, function):
        self._interval = interval
        self._function = function
        self._lock = threading.Lock()
        self._timer = None
        self._cancelled = False

    def start(self):
        self._due = time.monotonic()
        self._schedule(1)

    def _schedule(self, number):
        # The lock keeps cancel() from slipping in between the check and the start.
        with self._lock:
            if self._cancelled:
                return
            self._due += self._interval
            wait = max(0.0, self._due - time.monotonic())
            self._timer = threading.Timer(wait, self._run, args=(number,))
            self._timer.start()

    def _run(self, number):
        self._function(number)
        self._schedule(number + 1)

    def cancel(self):
        with self._lock:
            self._cancelled = True
            if self._timer is not None:
                self._timer.cancel()


def main():
    enough = threading.Event()
    started = time.monotonic()

    def beat(number):
        # A millionth of a second is left for rounding.
        early = time.monotonic() - started < number * 0.05 - 1e-6
        print(f"beat {number}", "came too early" if early else "in time")
        if number == 5:
            heart.cancel()  # from inside the task: the run that is on is the last
            enough.set()

    heart = Periodic(0.05, beat)
    heart.start()
    enough.wait()

    # A timer that is cancelled before it fires never runs its function.
    never = threading.Timer(60, print, args=("this is never printed",))
    never.start()
    never.cancel()
    never.join()
    print("cancelled")


if __name__ == "__main__":
    main()
