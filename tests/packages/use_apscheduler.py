"""APScheduler: a BackgroundScheduler with jobs of all kinds, events, errors, pausing, shutdown."""
import datetime
import importlib.metadata
import logging
import threading
import time
import zoneinfo

import apscheduler
from apscheduler import events
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import ConflictingIdError, JobLookupError
from apscheduler.schedulers import SchedulerAlreadyRunningError, SchedulerNotRunningError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

PATIENCE = 120
UTC = datetime.timezone.utc
logging.getLogger("apscheduler").addHandler(logging.NullHandler())
logging.getLogger("apscheduler").propagate = False


def scheduler(**options):
    options.setdefault("job_defaults", {"misfire_grace_time": None})
    return BackgroundScheduler(timezone=UTC, **options)


def intervals_and_dates():
    ran, lock, enough = {}, threading.Lock(), threading.Event()

    def job(name):
        with lock:
            ran.setdefault(name, []).append(threading.current_thread())
            if all(len(ran.get(n, [])) >= 3 for n in ("a", "b")) and "once" in ran:
                enough.set()

    with_jobs = scheduler()
    with_jobs.start()
    # By name, which goes through the package's entry points.
    with_jobs.add_job(job, "interval", ["a"], seconds=0.02)
    with_jobs.add_job(job, IntervalTrigger(seconds=0.03, timezone=UTC), ["b"], id="b")
    with_jobs.add_job(job, "date", ["once"])
    with_jobs.add_job(job, "cron", ["never"], year=9999)
    assert enough.wait(PATIENCE)
    with_jobs.remove_job("b")
    assert with_jobs.get_job("b") is None
    assert len(with_jobs.get_jobs()) == 2
    with_jobs.shutdown()
    assert len(ran["once"]) == 1 and "never" not in ran
    workers = {thread for threads in ran.values() for thread in threads}
    assert threading.main_thread() not in workers and len(workers) <= 10
    with lock:
        count = sum(map(len, ran.values()))
    assert not any(thread.is_alive() for thread in workers)
    assert sum(map(len, ran.values())) == count


def errors_and_events():
    heard, done = [], threading.Event()

    def listener(event):
        heard.append(event)
        if {e.job_id for e in heard if hasattr(e, "scheduled_run_time")} == {"good", "bad"}:
            done.set()

    def bad():
        raise LookupError("the job failed")

    busy = scheduler()
    busy.add_listener(listener, events.EVENT_JOB_EXECUTED | events.EVENT_JOB_ERROR)
    busy.add_job(lambda: "fine", "date", id="good")
    busy.add_job(bad, "date", id="bad")
    busy.start()
    assert done.wait(PATIENCE)
    busy.shutdown()
    outcome = {event.job_id: event for event in heard}
    assert outcome["good"].retval == "fine" and outcome["good"].exception is None
    assert isinstance(outcome["bad"].exception, LookupError)
    assert "in bad" in outcome["bad"].traceback


def added_from_many_threads():
    ran, lock, done = [], threading.Lock(), threading.Event()

    def job(n, k):
        with lock:
            ran.append((n, k))
            if len(ran) == 100:
                done.set()

    def add(n):
        for k in range(20):
            shared.add_job(job, "date", (n, k), id=f"{n}-{k}")

    shared = scheduler(executors={"default": ThreadPoolExecutor(3)})
    shared.start()
    threads = [threading.Thread(target=add, args=(n,)) for n in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done.wait(PATIENCE)
    assert sorted(ran) == [(n, k) for n in range(5) for k in range(20)]
    shared.shutdown()


def no_more_at_once_than_allowed():
    inside, most, lock, skipped = [0], [0], threading.Lock(), threading.Event()
    release = threading.Event()

    def slow():
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        release.wait(PATIENCE)
        with lock:
            inside[0] -= 1

    limited = scheduler()
    limited.add_listener(lambda event: skipped.set(), events.EVENT_JOB_MAX_INSTANCES)
    limited.add_job(slow, "interval", seconds=0.01, max_instances=2, coalesce=True)
    limited.start()
    assert skipped.wait(PATIENCE)
    release.set()
    limited.shutdown(wait=True)
    assert inside[0] == 0 and 1 <= most[0] <= 2


def paused_and_resumed():
    ticks = threading.Semaphore(0)
    timed = scheduler()
    # Several at once: the last one may not be done when it is made to run once more.
    job = timed.add_job(ticks.release, "interval", seconds=0.01, id="tick", max_instances=100)
    timed.start()
    for _ in range(3):
        assert ticks.acquire(timeout=PATIENCE)
    job.pause()
    assert timed.get_job("tick").next_run_time is None
    while ticks.acquire(timeout=0.1):  # what had begun before
        pass
    job.resume()
    assert ticks.acquire(timeout=PATIENCE)
    timed.pause()
    while ticks.acquire(timeout=0.1):
        pass
    timed.resume()
    assert ticks.acquire(timeout=PATIENCE)
    job.reschedule("interval", seconds=3600)
    assert job.next_run_time > datetime.datetime.now(UTC) + datetime.timedelta(minutes=50)
    job.modify(next_run_time=datetime.datetime.now(UTC))
    assert ticks.acquire(timeout=PATIENCE)
    timed.shutdown()


def misuse():
    plain = scheduler()
    try:
        plain.shutdown()
    except SchedulerNotRunningError:
        pass
    else:
        raise AssertionError("ended before it began")
    plain.start()
    try:
        plain.start()
    except SchedulerAlreadyRunningError:
        pass
    else:
        raise AssertionError("began twice")
    plain.add_job(int, "interval", hours=1, id="same")
    for wrong, call, arguments, options in (
        (ConflictingIdError, plain.add_job, (int, "interval"), {"id": "same"}),
        (JobLookupError, plain.remove_job, ("other",), {}),
        (LookupError, plain.add_job, (int, "no such trigger"), {}),
        (ValueError, plain.add_job, (lambda: None, "date", (1, 2, 3)), {}),
    ):
        try:
            call(*arguments, **options)
        except wrong:
            pass
        else:
            raise AssertionError(f"no {wrong.__name__}")
    # From inside a job it can be ended without waiting.
    ended = threading.Event()

    def end():
        while plain.get_job("end"):  # until its scheduler is done with it
            time.sleep(0.001)
        plain.shutdown(wait=False)
        ended.set()

    plain.add_job(end, "date", id="end")
    assert ended.wait(PATIENCE)


def triggers():
    trigger = CronTrigger.from_crontab("*/15 8-9 * * mon-fri", timezone=UTC)
    now = datetime.datetime(2026, 11, 20, 9, 50, tzinfo=UTC)  # a Friday
    assert trigger.get_next_fire_time(None, now) == datetime.datetime(2026, 11, 23, 8, tzinfo=UTC)
    if "Europe/Berlin" in zoneinfo.available_timezones():
        import tzlocal

        berlin = CronTrigger(hour=2, minute=30, timezone="Europe/Berlin")
        fires = berlin.get_next_fire_time(None, datetime.datetime(2026, 7, 1, tzinfo=UTC))
        assert fires.astimezone(UTC).hour == 0
        assert tzlocal.get_localzone() is not None


assert apscheduler.__version__ == importlib.metadata.version("APScheduler")
names = {point.name for point in importlib.metadata.entry_points(group="apscheduler.triggers")}
assert {"cron", "date", "interval"} <= names
before = threading.active_count()
intervals_and_dates()
errors_and_events()
added_from_many_threads()
no_more_at_once_than_allowed()
paused_and_resumed()
misuse()
triggers()

# One is left running: it is a daemon and does not keep the program.
scheduler().start()
