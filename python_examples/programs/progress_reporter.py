"""Report the progress of a long job from a thread of its own, with an Event to end it.

`Event.wait(timeout)` is the idiom for "do this every so often until told to stop": it sleeps like
`time.sleep`, but `set()` ends the sleep at once.
"""

import threading
import time

STEPS = 30


class Progress:
    def __init__(self, total):
        self.total = total
        self.done = 0  # written by one thread only, so it needs no lock

    def percent(self):
        return 100 * self.done // self.total


def report(progress, finished, interval):
    # wait() returns False when the time ran out and True as soon as the event is set.
    while not finished.wait(interval):
        print(f"progress: {progress.percent()}%")


def main():
    progress = Progress(STEPS)
    finished = threading.Event()
    # The interval of the last reporter is an hour; the program ends at once all the same.
    reporters = [
        threading.Thread(target=report, args=(progress, finished, interval))
        for interval in (0.05, 3600)
    ]
    for reporter in reporters:
        reporter.start()

    for _ in range(STEPS):
        time.sleep(0.01)  # the work
        progress.done += 1

    finished.set()
    for reporter in reporters:
        reporter.join()
    print(f"finished: {progress.percent()}%")
    print("reporters still running:", sum(reporter.is_alive() for reporter in reporters))


if __name__ == "__main__":
    main()
