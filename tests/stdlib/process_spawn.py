"""`multiprocessing` with `spawn`: `sys.executable` must serve new interpreters of the same kind."""
import multiprocessing
import os
import queue
import signal
import sys
import threading
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

PATIENCE = 60


def leave(status):
    sys.exit(status)


def fail():
    sys.stderr = open(os.devnull, "w")  # the traceback is not wanted here
    raise ValueError("in the child")


def sleep():
    time.sleep(PATIENCE)


def worker(jobs, answers):
    """Answers with several threads until it gets None."""

    def work():
        while (job := jobs.get()) is not None:
            answers.put((job, job * job, os.getpid()))
        jobs.put(None)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def converse(connection):
    while True:
        try:
            message = connection.recv()
        except EOFError:
            break
        connection.send(message[::-1])
    connection.close()


def add(counter, lock, event, times):
    event.wait(PATIENCE)
    for _ in range(times):
        with lock:
            counter.value += 1


def facts():
    return __name__, multiprocessing.parent_process().pid, sys.executable


def square(n):
    if n == 13:
        raise LookupError(n)
    return n * n


def exit_codes(context):
    cases = [((leave, (0,)), 0), ((leave, (7,)), 7), ((leave, ("words",)), 1), ((fail, ()), 1)]
    cases.append(((int, ("5",)), 0))

    def check(case):
        (target, arguments), expected = case
        process = context.Process(target=target, args=arguments, name="child")
        assert process.exitcode is None
        process.start()
        process.join(PATIENCE)
        assert process.exitcode == expected, (target, process.exitcode)
        process.close()

    stderr = os.dup(2)
    with open(os.devnull, "w") as nowhere:
        os.dup2(nowhere.fileno(), 2)  # sys.exit("words") writes them
    try:
        with ThreadPoolExecutor(2) as pool:  # processes started by threads
            list(pool.map(check, cases))
    finally:
        os.dup2(stderr, 2)
        os.close(stderr)


def signals(context):
    process = context.Process(target=sleep)
    process.start()
    process.join(0.05)
    assert process.exitcode is None and process.is_alive()
    process.terminate()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGTERM
    process = context.Process(target=sleep, daemon=True)
    process.start()
    process.kill()
    process.join(PATIENCE)
    assert process.exitcode == -signal.SIGKILL


def queues(context):
    jobs, answers = context.Queue(), context.Queue()
    processes = [context.Process(target=worker, args=(jobs, answers)) for _ in range(2)]
    for process in processes:
        process.start()
    got = []

    def collect():
        for _ in range(200):
            got.append(answers.get(timeout=PATIENCE))

    collector = threading.Thread(target=collect)
    collector.start()
    for n in range(200):
        jobs.put(n)
    collector.join()
    jobs.put(None)
    for process in processes:
        process.join(PATIENCE)
        assert process.exitcode == 0
    assert sorted(n for n, _, _ in got) == list(range(200))
    assert all(answer == n * n for n, answer, _ in got)
    assert {pid for _, _, pid in got} <= {process.pid for process in processes}
    jobs.get(timeout=PATIENCE)  # the last None
    try:
        answers.get(timeout=0.01)
    except queue.Empty:
        pass
    else:
        raise AssertionError("something left")
    for channel in (jobs, answers):
        channel.close()
        channel.join_thread()


def pipes(context):
    ours, theirs = context.Pipe()
    process = context.Process(target=converse, args=(theirs,))
    process.start()
    theirs.close()
    for message in ("abc", [1, 2, 3], b"x" * 200_000):
        ours.send(message)
        assert ours.recv() == message[::-1]
    assert not ours.poll(0.01)
    ours.close()
    process.join(PATIENCE)
    assert process.exitcode == 0


def shared_state(context):
    counter, lock, event = context.Value("i", 0), context.Lock(), context.Event()
    processes = [
        context.Process(target=add, args=(counter, lock, event, 200)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    event.set()
    add(counter, lock, event, 200)
    for process in processes:
        process.join(PATIENCE)
        assert process.exitcode == 0
    assert counter.value == 600


def executor(context):
    with ProcessPoolExecutor(2, mp_context=context) as pool:
        assert list(pool.map(square, range(12), chunksize=3)) == [n * n for n in range(12)]
        error = pool.submit(square, 13).exception(PATIENCE)
        assert isinstance(error, LookupError) and error.args == (13,)
        name, parent, executable = pool.submit(facts).result(PATIENCE)
        assert name == "__mp_main__" and parent == os.getpid()
        assert executable == sys.executable


if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    names = sys.argv[1:]
    for part in (exit_codes, signals, queues, pipes, shared_state, executor):
        if not names or part.__name__ in names:
            part(context)
    assert not multiprocessing.active_children()
