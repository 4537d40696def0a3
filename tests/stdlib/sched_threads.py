"""`sched`: one scheduler fed, cancelled and run by several threads, and one on a clock of its own."""
import sched
import threading
import time

PATIENCE = 120


def on_its_own_clock():
    """`delayfunc` waits for another thread to move the time on."""
    condition = threading.Condition()
    now = [0]
    delays = []

    def read():
        with condition:
            return now[0]

    def delay(seconds):
        with condition:
            if seconds:
                delays.append(seconds)
                until = now[0] + seconds
                condition.notify_all()
                assert condition.wait_for(lambda: now[0] >= until, PATIENCE)

    scheduler = sched.scheduler(read, delay)
    ran = []
    for at in (30, 10, 20):
        scheduler.enterabs(at, 1, ran.append, (at,))
    scheduler.enterabs(20, 0, ran.append, ("before 20",))
    runner = threading.Thread(target=scheduler.run)
    runner.start()
    while runner.is_alive():
        with condition:
            if delays:
                now[0] += delays.pop()
                condition.notify_all()
    runner.join()
    assert ran == [10, "before 20", 20, 30]
    assert scheduler.empty() and now[0] == 30


def fed_by_many():
    scheduler = sched.scheduler(time.monotonic, time.sleep)
    ran, lock = [], threading.Lock()

    def event(n, k):
        with lock:
            ran.append((n, k))
        if k < 50:
            scheduler.enter(0.0001, k, event, (n, k + 1000))

    def feed(n):
        for k in range(100):
            scheduler.enter(0.001 * (k % 3), n, event, (n,), {"k": k})

    def run():
        while not fed.is_set() or not scheduler.empty():
            scheduler.run()

    fed = threading.Event()
    runners = [threading.Thread(target=run) for _ in range(2)]
    feeders = [threading.Thread(target=feed, args=(n,)) for n in range(4)]
    for thread in runners + feeders:
        thread.start()
    for feeder in feeders:
        feeder.join()
    fed.set()
    for runner in runners:
        runner.join()
    # Every event ran once, whoever ran it.
    expected = [(n, k) for n in range(4) for k in range(100)]
    expected += [(n, k + 1000) for n in range(4) for k in range(50)]
    assert sorted(ran) == sorted(expected)


def cancelled_from_another_thread():
    scheduler = sched.scheduler()
    ran = []
    far = [scheduler.enter(PATIENCE * 100, 1, ran.append, (n,)) for n in range(20)]
    near = scheduler.enter(0.01, 1, ran.append, ("near",))
    assert len(scheduler.queue) == 21 and scheduler.queue[0] is near

    threads = [threading.Thread(target=scheduler.cancel, args=(event,)) for event in far]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    scheduler.run()
    assert ran == ["near"]
    try:
        scheduler.cancel(near)
    except ValueError:
        pass
    else:
        raise AssertionError("cancelled what had run")


def without_blocking():
    scheduler = sched.scheduler()
    scheduler.enter(PATIENCE, 1, print)
    assert 0 < scheduler.run(blocking=False) <= PATIENCE
    assert not scheduler.empty()


def an_event_that_fails():
    scheduler = sched.scheduler()
    ran = []

    def fail():
        raise ValueError("event")

    scheduler.enter(0, 1, fail)
    scheduler.enter(0, 2, ran.append, ("after",))
    try:
        scheduler.run()
    except ValueError as error:
        assert str(error) == "event"
    else:
        raise AssertionError("no error")
    scheduler.run()
    assert ran == ["after"]


on_its_own_clock()
fed_by_many()
cancelled_from_another_thread()
without_blocking()
an_event_that_fails()
