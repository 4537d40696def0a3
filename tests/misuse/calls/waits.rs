//! What a thread can wait for: locks, conditions, semaphores, barriers, and time.

use super::{NAN, NEGATIVE, TOO_LONG, check};

#[test]
fn locks() {
    let lock = "l = threading.Lock()";
    let rlock = "l = threading.RLock()";
    let blocking = "ValueError: can't specify a timeout for a non-blocking call";
    check(&[
        (
            "",
            "threading.Lock().release()",
            "RuntimeError: release unlocked lock",
        ),
        (
            lock,
            "l.__exit__(None, None, None)",
            "RuntimeError: release unlocked lock",
        ),
        (
            "",
            "threading.Lock(1)",
            "TypeError: lock expected 0 arguments, got 1",
        ),
        (
            "",
            "threading.RLock().release()",
            "RuntimeError: cannot release un-acquired lock",
        ),
        (
            "l = threading.RLock()\n\
             t = threading.Thread(target=l.acquire); t.start(); t.join()",
            "l.release()",
            "RuntimeError: cannot release un-acquired lock",
        ),
        (lock, "l.acquire(timeout=-1)", "True"),
        (lock, "l.acquire(timeout=-2)", NEGATIVE),
        (lock, "l.acquire(timeout=-0.5)", NEGATIVE),
        (lock, "l.acquire(False, 1)", blocking),
        (lock, "l.acquire(False, -1)", "True"),
        (lock, "l.acquire(timeout=math.nan)", NAN),
        (lock, "l.acquire(timeout=math.inf)", TOO_LONG),
        (lock, "l.acquire(timeout=-math.inf)", TOO_LONG),
        (lock, "l.acquire(timeout=1e100)", TOO_LONG),
        (lock, "l.acquire(timeout=threading.TIMEOUT_MAX)", "True"),
        (
            lock,
            "l.acquire(timeout=threading.TIMEOUT_MAX * 2)",
            TOO_LONG,
        ),
        (
            lock,
            "l.acquire(timeout='1')",
            "TypeError: 'str' object cannot be interpreted as an integer or float",
        ),
        (
            lock,
            "l.acquire(timeout=None)",
            "TypeError: 'NoneType' object cannot be interpreted as an integer or float",
        ),
        (rlock, "l.acquire(timeout=-2)", NEGATIVE),
        (rlock, "l.acquire(False, 1)", blocking),
        (rlock, "l.acquire(timeout=math.nan)", NAN),
        (rlock, "l.acquire(timeout=1e100)", TOO_LONG),
    ]);
}

#[test]
fn conditions_and_events() {
    let held = "c = threading.Condition(); c.acquire()";
    let notify = "RuntimeError: cannot notify on un-acquired lock";
    let wait = "RuntimeError: cannot wait on un-acquired lock";
    check(&[
        ("", "threading.Condition().notify()", notify),
        ("", "threading.Condition().notify_all()", notify),
        ("", "threading.Condition(threading.Lock()).notify()", notify),
        ("", "threading.Condition().wait()", wait),
        ("", "threading.Condition().wait(0)", wait),
        ("", "threading.Condition().wait_for(lambda: True)", "True"),
        (
            "",
            "threading.Condition().release()",
            "RuntimeError: cannot release un-acquired lock",
        ),
        (
            "",
            "threading.Condition(5)",
            "AttributeError: 'int' object has no attribute 'acquire'",
        ),
        (held, "c.wait(-5)", "False"),
        (held, "c.wait(math.nan)", NAN),
        (held, "c.wait(math.inf)", TOO_LONG),
        (held, "c.wait_for(lambda: False, -1)", "False"),
        ("", "threading.Event().wait(-1)", "False"),
        ("", "threading.Event().wait(math.nan)", NAN),
        ("", "threading.Event().wait(math.inf)", TOO_LONG),
        ("", "threading.Event().wait(-math.inf)", "False"),
        ("", "threading.Event().wait(1e100)", TOO_LONG),
        (
            "",
            "threading.Event().wait('1')",
            "TypeError: '<=' not supported between instances of 'str' and 'int'",
        ),
    ]);
}

#[test]
fn semaphores_and_barriers() {
    let initial = "ValueError: semaphore initial value must be >= 0";
    let often = "ValueError: Semaphore released too many times";
    let parties = "ValueError: parties must be >= 1";
    let text = "TypeError: '<' not supported between instances of 'str' and 'int'";
    check(&[
        ("", "threading.Semaphore(-1)", initial),
        ("", "threading.BoundedSemaphore(-1)", initial),
        ("", "threading.Semaphore('x')", text),
        (
            "",
            "threading.Semaphore(0).release(0)",
            "ValueError: n must be one or more",
        ),
        (
            "",
            "threading.Semaphore(0).release(-1)",
            "ValueError: n must be one or more",
        ),
        (
            "",
            "threading.Semaphore(0).acquire(blocking=False, timeout=1)",
            "ValueError: can't specify timeout for non-blocking acquire",
        ),
        ("", "threading.Semaphore(0).acquire(timeout=-1)", "False"),
        ("", "threading.Semaphore(0).acquire(timeout=0)", "False"),
        ("", "threading.BoundedSemaphore(1).release()", often),
        (
            "s = threading.BoundedSemaphore(3); s.acquire()",
            "s.release(2)",
            often,
        ),
        ("", "threading.Barrier(0)", parties),
        ("", "threading.Barrier(-1)", parties),
        ("", "threading.Barrier('2')", text),
        ("", "threading.Barrier(2).wait(0)", "BrokenBarrierError: "),
        (
            "b = threading.Barrier(1); b.abort()",
            "b.wait()",
            "BrokenBarrierError: ",
        ),
        (
            "b = threading.Barrier(2, timeout=0.01)",
            "b.wait()",
            "BrokenBarrierError: ",
        ),
    ]);
}

#[test]
fn sleeps() {
    check(&[
        (
            "",
            "time.sleep(-1)",
            "ValueError: sleep length must be non-negative",
        ),
        (
            "",
            "time.sleep(-1e-12)",
            "ValueError: sleep length must be non-negative",
        ),
        ("", "time.sleep(-0.0)", "None"),
        ("", "time.sleep(math.nan)", NAN),
        ("", "time.sleep(math.inf)", TOO_LONG),
        ("", "time.sleep(-math.inf)", TOO_LONG),
        ("", "time.sleep(1e100)", TOO_LONG),
        (
            "",
            "time.sleep('1')",
            "TypeError: 'str' object cannot be interpreted as an integer or float",
        ),
        (
            "",
            "time.sleep(None)",
            "TypeError: 'NoneType' object cannot be interpreted as an integer or float",
        ),
        (
            "",
            "time.sleep()",
            "TypeError: time.sleep() takes exactly one argument (0 given)",
        ),
    ]);
}
