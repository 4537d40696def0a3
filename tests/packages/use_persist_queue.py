"""persist-queue: a queue in files, with producers and consumers, closed and opened again."""
import importlib.util
import os
import pickle
import tempfile
import threading

import persistqueue
from persistqueue import Empty, Full, Queue
from persistqueue.serializers import json as json_serializer

PATIENCE = 120


def run_all(*works):
    problems = []

    def guarded(work):
        try:
            work()
        except BaseException as error:
            problems.append(error)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def reopened(folder):
    queue = Queue(folder, chunksize=7)
    for n in range(20):
        queue.put({"n": n, "bytes": b"x" * n})
    assert [queue.get()["n"] for _ in range(5)] == list(range(5))
    queue.task_done()  # only this makes it lasting
    assert queue.get()["n"] == 5
    del queue

    queue = Queue(folder, chunksize=7)
    assert queue.qsize() == 15
    assert [queue.get()["n"] for _ in range(15)] == list(range(5, 20))
    queue.task_done()
    assert queue.empty()
    try:
        queue.get_nowait()
    except Empty:
        pass
    else:
        raise AssertionError("something left")


def producers_and_consumers(folder):
    queue = Queue(folder, maxsize=10, chunksize=5, autosave=True)
    got, lock = [], threading.Lock()

    def produce(n):
        for k in range(25):
            queue.put((n, k), timeout=PATIENCE)

    def consume():
        for _ in range(25):
            item = queue.get(timeout=PATIENCE)
            with lock:
                got.append(item)
            queue.task_done()

    run_all(*[lambda n=n: produce(n) for n in range(3)], consume, consume, consume)
    assert sorted(got) == [(n, k) for n in range(3) for k in range(25)]
    queue.join()
    assert queue.qsize() == 0


def join_waits_for_the_work(folder):
    queue = Queue(folder)
    done = []

    def work():
        for _ in range(10):
            done.append(queue.get(timeout=PATIENCE))
            queue.task_done()

    for n in range(10):
        queue.put(n)
    worker = threading.Thread(target=work)
    worker.start()
    queue.join()
    assert done == list(range(10))
    worker.join()
    try:
        queue.task_done()
    except ValueError as error:
        assert "too many times" in str(error)
    else:
        raise AssertionError("done too often")


def timeouts(folder):
    queue = Queue(folder, maxsize=2)
    queue.put(1)
    queue.put(2)
    for wrong in (lambda: queue.put(3, timeout=0.02), lambda: queue.put_nowait(3)):
        try:
            wrong()
        except Full:
            pass
        else:
            raise AssertionError("put into a full queue")
    assert queue.full() and [queue.get(), queue.get()] == [1, 2]
    try:
        queue.get(timeout=0.02)
    except Empty:
        pass
    else:
        raise AssertionError("got from an empty queue")
    try:
        queue.get(timeout=-1)
    except ValueError:
        pass
    else:
        raise AssertionError("a negative timeout")
    late = threading.Timer(0.02, queue.put, ("late",))
    late.start()
    assert queue.get(timeout=PATIENCE) == "late"
    late.join()


def other_serializers(folder):
    queue = Queue(folder, serializer=json_serializer)
    run_all(*[lambda n=n: [queue.put({"n": n, "k": k}) for k in range(20)] for n in range(3)])
    del queue
    queue = Queue(folder, serializer=json_serializer)
    got = [queue.get() for _ in range(60)]
    assert sorted((item["n"], item["k"]) for item in got) == [
        (n, k) for n in range(3) for k in range(20)
    ]


def what_cannot_be_stored(folder):
    queue = Queue(folder)
    try:
        queue.put(threading.Lock())
    except (TypeError, pickle.PicklingError) as error:
        assert "_thread.lock" in str(error)
    else:
        raise AssertionError("stored a lock")


def in_a_database(folder):
    """Only where there is sqlite3, which the package does without as well."""
    if importlib.util.find_spec("_sqlite3") is None:
        assert not hasattr(persistqueue, "SQLiteQueue")
        return
    queue = persistqueue.SQLiteQueue(folder, multithreading=True, auto_commit=True)
    got, lock = [], threading.Lock()

    def produce(n):
        for k in range(10):
            queue.put((n, k))

    def consume():
        for _ in range(10):
            item = queue.get(timeout=PATIENCE)
            with lock:
                got.append(item)

    run_all(*[lambda n=n: produce(n) for n in range(2)], consume, consume)
    assert sorted(got) == [(n, k) for n in range(2) for k in range(10)]
    queue.close()


with tempfile.TemporaryDirectory() as scratch:
    tempfile.tempdir = scratch  # the package leaves an empty file for each queue there
    for part in (
        reopened,
        producers_and_consumers,
        join_waits_for_the_work,
        timeouts,
        other_serializers,
        what_cannot_be_stored,
        in_a_database,
    ):
        part(os.path.join(scratch, part.__name__))
