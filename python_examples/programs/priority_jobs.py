"""A job queue whose workers take the most urgent job first.

PriorityQueue hands out its smallest entry. The entry carries a running number next to the
priority, so that equal priorities keep the order in which they came and jobs are never compared.
"""

import itertools
import queue
import threading


class JobQueue:
    """Runs jobs on worker threads, lowest priority number first."""

    _LAST = float("inf")  # sorts behind every job: the workers finish all work before they stop

    def __init__(self, workers):
        self._jobs = queue.PriorityQueue()
        self._numbers = itertools.count()
        self._workers = [threading.Thread(target=self._work) for _ in range(workers)]

    def submit(self, priority, function, *args):
        self._jobs.put((priority, next(self._numbers), function, args))

    def start(self):
        for worker in self._workers:
            worker.start()

    def _work(self):
        while True:
            _, _, function, args = self._jobs.get()
            try:
                if function is None:
                    return
                function(*args)
            except Exception as error:  # a failing job must not take its worker along
                print("failed:", error)
            finally:
                self._jobs.task_done()

    def close(self):
        """Wait until all jobs are done, then end the workers."""
        for _ in self._workers:
            self.submit(self._LAST, None)
        self._jobs.join()
        for worker in self._workers:
            worker.join()


def fail():
    raise ValueError("the disk is full")


def main():
    # One worker that starts late: the order is the order of the priorities.
    jobs = JobQueue(workers=1)
    jobs.submit(3, print, "tidy up")
    jobs.submit(1, print, "answer the alarm")
    jobs.submit(2, fail)
    jobs.submit(1, print, "call the fire brigade")
    jobs.submit(2, print, "write the report")
    jobs.start()
    jobs.close()

    # Many workers: each job is done exactly once.
    done = []
    jobs = JobQueue(workers=4)
    jobs.start()
    for number in range(200):
        jobs.submit(number % 7, done.append, number)
    jobs.close()
    print("done once each:", sorted(done) == list(range(200)))


if __name__ == "__main__":
    main()
