//! What goes wrong with threads, and how: wrong calls, wrong values, failing threads, Ctrl-C.
//!
//! Every expectation was seen on CPython 3.14.10. Where CPython shows frames of its own `threading.py`
//! in a traceback, the test looks only at the lines that the program is the cause of, since native
//! modules have no such frames. `PYT_TEST_PYTHON` runs the same tests against CPython (see
//! `support`).

mod support;

use support::{Program, Run};

/// A wrong use: statements that lead up to it, the expression that is wrong, and what comes of it
/// (the result's `repr`, or the exception's type and message).
type Case = (&'static str, &'static str, &'static str);

/// Runs all cases in one program and compares each.
fn check(cases: &[Case]) {
    let mut source = String::from(
        "import _thread, math, queue, sys, threading, time\n\
         def attempt(call):\n    \
             try:\n        return repr(call())\n    \
             except BaseException as error:\n        \
                 return f'{type(error).__name__}: {error}'\n\
         def case(setup, expression):\n    \
             names = dict(globals())\n    \
             exec(setup, names)\n    \
             print(attempt(lambda: eval(expression, names)), flush=True)\n",
    );
    for (setup, expression, _) in cases {
        // Rust's debug form of ASCII text without control characters but \n is a Python literal.
        source.push_str(&format!("case({setup:?}, {expression:?})\n"));
    }
    let run = Program::new("cases.py", source).run();
    run.succeeded();
    let outcomes: Vec<&str> = run.stdout.lines().collect();
    assert_eq!(outcomes.len(), cases.len(), "one line for each case: {run}");
    let wrong: Vec<String> = cases
        .iter()
        .zip(outcomes)
        .filter(|((_, _, expected), outcome)| expected != outcome)
        .map(|((setup, expression, expected), outcome)| {
            format!("{setup}\n>>> {expression}\nexpected: {expected}\nbut: {outcome}\n")
        })
        .collect();
    assert!(
        wrong.is_empty(),
        "{} of {} are wrong:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

const NAN: &str = "ValueError: Invalid value NaN (not a number)";
const TOO_LONG: &str = "OverflowError: timestamp out of range for C PyTime_t";
const NEGATIVE: &str = "ValueError: timeout value must be a non-negative number";
const QUEUE_NEGATIVE: &str = "ValueError: 'timeout' must be a non-negative number";

/// A thread that runs until the test lets it go, and the test's question to it.
const RUNNING: &str = "e = threading.Event()\n\
    t = threading.Thread(target=e.wait)\n\
    def ask(call):\n    \
        t.start()\n    \
        try: return call()\n    \
        finally: e.set(); t.join()";

/// A thread class that forgets to call its base class's `__init__`.
const NO_INIT: &str = "class T(threading.Thread):\n    def __init__(self): pass";

#[test]
fn threads() {
    let ended = "t = threading.Thread(target=int); t.start(); t.join()";
    check(&[
        (
            ended,
            "t.start()",
            "RuntimeError: threads can only be started once",
        ),
        (
            RUNNING,
            "ask(t.start)",
            "RuntimeError: threads can only be started once",
        ),
        (
            "",
            "threading.current_thread().join()",
            "RuntimeError: cannot join current thread",
        ),
        (
            "out = []\n\
             t = threading.Thread(target=lambda: out.append(attempt(t.join)))\n\
             t.start(); t.join()",
            "out",
            "['RuntimeError: cannot join current thread']",
        ),
        (
            "",
            "threading.Thread(target=int).join()",
            "RuntimeError: cannot join thread before it is started",
        ),
        (
            "",
            "threading.Thread(group=1)",
            "AssertionError: group argument must be None for now",
        ),
        (
            "",
            "threading.Thread(bogus=1)",
            "TypeError: Thread.__init__() got an unexpected keyword argument 'bogus'",
        ),
        (
            ended,
            "setattr(t, 'daemon', True)",
            "RuntimeError: cannot set daemon status of active thread",
        ),
        (
            RUNNING,
            "ask(lambda: setattr(t, 'daemon', True))",
            "RuntimeError: cannot set daemon status of active thread",
        ),
        (
            NO_INIT,
            "T().start()",
            "RuntimeError: thread.__init__() not called",
        ),
        (
            NO_INIT,
            "T().join()",
            "RuntimeError: Thread.__init__() not called",
        ),
        (
            NO_INIT,
            "repr(T())",
            "AssertionError: Thread.__init__() was not called",
        ),
        (
            NO_INIT,
            "T().daemon",
            "AssertionError: Thread.__init__() not called",
        ),
        (RUNNING, "ask(lambda: t.join(-1))", "None"),
        (RUNNING, "ask(lambda: t.join(math.nan))", NAN),
        (RUNNING, "ask(lambda: t.join(math.inf))", TOO_LONG),
        (RUNNING, "ask(lambda: t.join(1e100))", TOO_LONG),
        (
            RUNNING,
            "ask(lambda: t.join('1'))",
            "TypeError: '>' not supported between instances of 'int' and 'str'",
        ),
        (
            "",
            "threading.Timer()",
            "TypeError: Timer.__init__() missing 2 required positional arguments: \
             'interval' and 'function'",
        ),
        (
            "t = threading.Timer(-1, int)",
            "t.start(), t.join()",
            "(None, None)",
        ),
        (
            "",
            "threading.local(5)",
            "TypeError: Initialization arguments are not supported",
        ),
        (
            "",
            "threading.local().x",
            "AttributeError: '_thread._local' object has no attribute 'x'",
        ),
        (
            "",
            "threading.excepthook(5)",
            "TypeError: _thread.excepthook argument type must be ExceptHookArgs",
        ),
        (
            "",
            "threading.stack_size('x')",
            "TypeError: 'str' object cannot be interpreted as an integer",
        ),
        // The message names the least size, which depends on the platform.
        (
            "",
            "attempt(lambda: threading.stack_size(1)).split(':')[0]",
            "'ValueError'",
        ),
        (
            "",
            "_thread.start_new_thread(5, ())",
            "TypeError: first arg must be callable",
        ),
        (
            "",
            "_thread.start_new_thread(int, 5)",
            "TypeError: 2nd arg must be a tuple",
        ),
        (
            "",
            "_thread.start_new_thread(int, (), 5)",
            "TypeError: optional 3rd arg must be a dictionary",
        ),
        (
            "",
            "_thread.start_new_thread(int)",
            "TypeError: start_new_thread expected at least 2 arguments, got 1",
        ),
        (
            "",
            "_thread.start_joinable_thread(5)",
            "TypeError: thread function must be callable",
        ),
    ]);
}

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

#[test]
fn queues() {
    let full = "q = queue.Queue(1); q.put(1)";
    let shut = "q = queue.Queue(); q.shutdown()";
    let shut_with_one = "q = queue.Queue(); q.put(1); q.shutdown()";
    let shut_at_once = "q = queue.Queue(); q.put(1); q.shutdown(immediate=True)";
    let done = "ValueError: task_done() called too many times";
    let text = "TypeError: '<' not supported between instances of 'str' and 'int'";
    check(&[
        ("", "queue.Queue().task_done()", done),
        (
            "q = queue.Queue(); q.put(1); q.get(); q.task_done()",
            "q.task_done()",
            done,
        ),
        ("", "queue.Queue().get(timeout=-1)", QUEUE_NEGATIVE),
        ("", "queue.Queue().get(timeout=0)", "Empty: "),
        ("", "queue.Queue().get(False)", "Empty: "),
        ("", "queue.Queue().get(False, -1)", "Empty: "),
        ("", "queue.Queue().get_nowait()", "Empty: "),
        ("", "queue.Queue().get(timeout=math.nan)", NAN),
        ("", "queue.Queue().get(timeout=1e100)", TOO_LONG),
        ("", "queue.Queue().get(timeout='1')", text),
        (full, "q.put(2, timeout=-1)", QUEUE_NEGATIVE),
        (full, "q.put(2, timeout=0.01)", "Full: "),
        (full, "q.put(2, False)", "Full: "),
        (full, "q.put_nowait(2)", "Full: "),
        (full, "q.put(2, timeout=math.nan)", NAN),
        ("", "queue.Queue(0).put(1, timeout=-1)", "None"),
        (
            "",
            "queue.Queue('x').put(1)",
            "TypeError: '>' not supported between instances of 'str' and 'int'",
        ),
        ("q = queue.PriorityQueue(); q.put(1)", "q.put('a')", text),
        (shut, "q.put(1)", "ShutDown: "),
        (shut, "q.put_nowait(1)", "ShutDown: "),
        (shut, "q.get()", "ShutDown: "),
        (shut, "q.get_nowait()", "ShutDown: "),
        (
            "q = queue.LifoQueue(); q.shutdown()",
            "q.put(1)",
            "ShutDown: ",
        ),
        (shut_with_one, "q.get()", "1"),
        (shut_with_one, "q.get(), q.get()", "ShutDown: "),
        (shut_at_once, "q.get()", "ShutDown: "),
        (shut_at_once, "q.unfinished_tasks", "0"),
        (shut_at_once, "q.join()", "None"),
        (shut_at_once, "q.task_done()", done),
        ("", "queue.SimpleQueue().get(timeout=-1)", QUEUE_NEGATIVE),
        ("", "queue.SimpleQueue().get(timeout=0)", "Empty: "),
        ("", "queue.SimpleQueue().get(False, -1)", "Empty: "),
        ("", "queue.SimpleQueue().get_nowait()", "Empty: "),
        ("", "queue.SimpleQueue().get(timeout=math.nan)", NAN),
        ("", "queue.SimpleQueue().get(timeout=1e100)", TOO_LONG),
        (
            "",
            "queue.SimpleQueue().get(timeout='1')",
            "TypeError: 'str' object cannot be interpreted as an integer or float",
        ),
        (
            "",
            "queue.SimpleQueue(1)",
            "TypeError: SimpleQueue() takes no positional arguments",
        ),
        (
            "",
            "queue.SimpleQueue().task_done()",
            "AttributeError: '_queue.SimpleQueue' object has no attribute 'task_done'",
        ),
    ]);
}

fn run(source: &str) -> Run {
    Program::new("bad.py", source).run()
}

/// Asserts that stderr is a traceback with this head and this last line, through this place in the
/// program.
#[track_caller]
fn assert_traceback(run: &Run, head: &str, place: &str, last: &str) {
    let place = place.replace("{script}", &run.script);
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert!(
        run.stderr.starts_with(head),
        "expected {head:?} first: {run}"
    );
    assert!(
        lines.iter().any(|line| line.trim() == place),
        "expected a line {place:?}: {run}"
    );
    assert_eq!(lines.last(), Some(&last), "the last line of {run}");
}

#[test]
fn sys_exit_in_a_thread_ends_only_the_thread() {
    let run = run("import sys, threading\n\
         t = threading.Thread(target=sys.exit, args=('not shown',))\n\
         t.start(); t.join()\n\
         print('alive:', t.is_alive())\n");
    run.succeeded().printed("alive: False\n");
}

#[test]
fn exception_in_a_thread_is_shown_and_the_program_goes_on() {
    let run = run("import threading\n\
         def worker():\n    \
             raise ValueError('boom')\n\
         t = threading.Thread(target=worker)\n\
         t.start(); t.join()\n\
         print('main goes on')\n");
    run.exited_with(0).printed("main goes on\n");
    assert_traceback(
        &run,
        "Exception in thread Thread-1 (worker):\nTraceback (most recent call last):\n",
        "File \"{script}\", line 3, in worker",
        "ValueError: boom",
    );
}

#[test]
fn exception_in_a_subclass_names_the_thread() {
    let run = run("import threading\n\
         class Mine(threading.Thread):\n    \
             def run(self):\n        \
                 raise KeyboardInterrupt\n\
         t = Mine(name='mine')\n\
         t.start(); t.join()\n");
    run.exited_with(0).printed("");
    assert_traceback(
        &run,
        "Exception in thread mine:\nTraceback (most recent call last):\n",
        "File \"{script}\", line 4, in run",
        "KeyboardInterrupt",
    );
}

#[test]
fn exception_in_a_low_level_thread_is_ignored_aloud() {
    let run = run("import _thread\n\
         def worker():\n    \
             raise KeyError('k')\n\
         handle = _thread.start_joinable_thread(worker)\n\
         handle.join()\n\
         print('main goes on')\n");
    run.exited_with(0).printed("main goes on\n");
    assert_traceback(
        &run,
        "Exception ignored in thread started by <function worker at 0x",
        "File \"{script}\", line 3, in worker",
        "KeyError: 'k'",
    );
}

#[test]
fn excepthook_gets_the_exception_and_may_fail_itself() {
    let run = run("import threading\n\
         def start():\n    \
             t = threading.Thread(target=int, args=('x',), name='parser')\n    \
             t.start(); t.join()\n\
         def good(args):\n    \
             print(args.exc_type.__name__, args.exc_value, args.thread.name)\n\
         def bad(args):\n    \
             raise OSError('in hook')\n\
         threading.excepthook = good\n\
         start()\n\
         threading.excepthook = bad\n\
         start()\n\
         print('end')\n");
    run.exited_with(0)
        .printed("ValueError invalid literal for int() with base 10: 'x' parser\nend\n");
    assert_traceback(
        &run,
        "Exception in threading.excepthook:\nTraceback (most recent call last):\n",
        "File \"{script}\", line 8, in bad",
        "OSError: in hook",
    );
}

#[test]
fn exception_in_the_main_thread_waits_for_the_others() {
    let run = run("import threading, time\n\
         def worker():\n    \
             time.sleep(0.2)\n    \
             print('worker ends')\n\
         threading.Thread(target=worker).start()\n\
         raise ValueError('main fails')\n");
    run.exited_with(1).printed("worker ends\n");
    assert_traceback(
        &run,
        "Traceback (most recent call last):\n",
        "File \"{script}\", line 6, in <module>",
        "ValueError: main fails",
    );
}

#[test]
fn sys_exit_in_the_main_thread_waits_for_the_others() {
    let run = run("import sys, threading, time\n\
         def worker():\n    \
             time.sleep(0.2)\n    \
             print('worker ends')\n\
         threading.Thread(target=worker).start()\n\
         sys.exit(3)\n");
    run.exited_with(3).printed("worker ends\n").complained("");
}

#[test]
fn os_exit_in_a_thread_ends_the_program() {
    let run = run("import os, threading, time\n\
         threading.Thread(target=os._exit, args=(5,)).start()\n\
         time.sleep(3600)\n");
    run.exited_with(5).printed("").complained("");
}

/// A stack of 64 TiB does not fit into any address space beside the rest.
#[test]
fn thread_that_cannot_be_started_leaves_nothing_behind() {
    let run = run("import _thread, threading\n\
         threading.stack_size(2**46)\n\
         t = threading.Thread(target=print, args=('ran',))\n\
         try:\n    t.start()\n\
         except RuntimeError as error:\n    print(error)\n\
         print(t.is_alive(), t.ident, threading.active_count(), len(threading.enumerate()))\n\
         try:\n    _thread.start_new_thread(print, ('ran',))\n\
         except _thread.error as error:\n    print(error)\n\
         threading.stack_size(0)\n\
         t = threading.Thread(target=print, args=('a small one runs',))\n\
         t.start(); t.join()\n");
    run.succeeded().printed(
        "can't start new thread\nFalse None 1 1\ncan't start new thread\na small one runs\n",
    );
}

#[test]
fn thread_that_cannot_be_started_fails_the_program() {
    let run = run("import threading\n\
         threading.stack_size(2**46)\n\
         threading.Thread(target=print, args=('ran',)).start()\n");
    run.exited_with(1).printed("");
    assert_traceback(
        &run,
        "Traceback (most recent call last):\n",
        "File \"{script}\", line 3, in <module>",
        "RuntimeError: can't start new thread",
    );
}

/// The memory runs out after some threads: those that run must end, and the program with them. The
/// limit is set above what the program already has.
#[test]
fn as_many_threads_as_fit() {
    let run = run("import resource, threading\n\
         pages = int(open('/proc/self/statm').read().split()[0])\n\
         limit = pages * resource.getpagesize() + 512 * 2**20\n\
         threading.stack_size(32 * 2**20)\n\
         resource.setrlimit(resource.RLIMIT_AS, (limit, limit))\n\
         go, threads = threading.Event(), []\n\
         try:\n    \
             for _ in range(1000):\n        \
                 t = threading.Thread(target=go.wait)\n        \
                 t.start()\n        \
                 threads.append(t)\n\
         except RuntimeError as error:\n    print(error)\n\
         print('some started:', 0 < len(threads) < 1000)\n\
         go.set()\n\
         for t in threads:\n    t.join()\n\
         print('left:', threading.active_count())\n");
    run.succeeded()
        .printed("can't start new thread\nsome started: True\nleft: 1\n");
}

/// Runs a program that says `blocking` and then blocks for ever, and interrupts it.
///
/// A shell without job control starts background programs with SIGINT ignored, and the tests may
/// run in one. So the program asks for the usual handler.
fn interrupted(setup: &str, blocking: &str) -> Run {
    let source = format!(
        "import queue, signal, threading, time\n\
         signal.signal(signal.SIGINT, signal.default_int_handler)\n\
         {setup}\n\
         print('blocking', flush=True)\n\
         {blocking}\n"
    );
    Program::new("blocking.py", source)
        .interrupt_at("blocking")
        .run()
}

/// Ctrl-C ends each kind of wait at once, with a traceback, and the program ends by the signal.
fn assert_interrupted(setup: &str, blocking: &str) {
    let run = interrupted(setup, blocking);
    run.ended_by_interrupt().printed("blocking\n");
    let line = 4 + setup.lines().count().max(1);
    let place = format!("File \"{{script}}\", line {line}, in <module>");
    assert_traceback(
        &run,
        "Traceback (most recent call last):\n",
        &place,
        "KeyboardInterrupt",
    );
}

const SLEEPER: &str =
    "t = threading.Thread(target=time.sleep, args=(3600,), daemon=True)\nt.start()";

macro_rules! interrupts {
    ($($name:ident: $setup:expr, $blocking:expr;)*) => {
        mod interrupt_of_a {
            use super::*;
            $(#[test] fn $name() { assert_interrupted($setup, $blocking); })*
        }
    };
}

interrupts! {
    sleep: "", "time.sleep(3600)";
    join: SLEEPER, "t.join()";
    join_with_timeout: SLEEPER, "t.join(3600)";
    lock: "l = threading.Lock()\nl.acquire()", "l.acquire()";
    lock_with_timeout: "l = threading.Lock()\nl.acquire()", "l.acquire(timeout=3600)";
    rlock:
        "l = threading.RLock()\nt = threading.Thread(target=l.acquire)\nt.start()\nt.join()",
        "l.acquire()";
    condition: "c = threading.Condition()\nc.acquire()", "c.wait()";
    event: "", "threading.Event().wait()";
    semaphore: "", "threading.Semaphore(0).acquire()";
    barrier: "", "threading.Barrier(2).wait()";
    queue_get: "", "queue.Queue().get()";
    queue_get_with_timeout: "", "queue.Queue().get(timeout=3600)";
    queue_put: "q = queue.Queue(1)\nq.put(1)", "q.put(2)";
    queue_join: "q = queue.Queue()\nq.put(1)", "q.join()";
    simple_queue: "", "queue.SimpleQueue().get()";
    busy_loop: "", "while True: pass";
}

/// What was interrupted is as it was before: the lock is not taken, the condition's lock is taken
/// again, the queue still works.
#[test]
fn interrupt_that_is_caught_leaves_things_whole() {
    let source = "import queue, signal, threading\n\
        signal.signal(signal.SIGINT, signal.default_int_handler)\n\
        condition, q = threading.Condition(), queue.Queue()\n\
        with condition:\n    \
            print('blocking', flush=True)\n    \
            try:\n        condition.wait()\n    \
            except KeyboardInterrupt:\n        \
                print('owned:', condition._is_owned())\n\
        print('free again:', condition.acquire(blocking=False))\n\
        q.put('still works')\n\
        print(q.get())\n";
    let run = Program::new("caught.py", source)
        .interrupt_at("blocking")
        .run();
    run.succeeded()
        .printed("blocking\nowned: True\nfree again: True\nstill works\n");
}

/// At the end of the program, Ctrl-C ends the wait for threads that are left, and the program.
#[test]
fn interrupt_while_waiting_for_the_last_threads() {
    let run = interrupted(
        "t = threading.Thread(target=time.sleep, args=(3600,))",
        "t.start()",
    );
    run.exited_with(0).printed("blocking\n");
    assert!(
        run.stderr
            .starts_with("Exception ignored while joining a thread in _thread._shutdown():")
            && run.stderr.contains("KeyboardInterrupt"),
        "not CPython's message: {run}"
    );
}
