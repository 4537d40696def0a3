//! Ctrl-C while the program waits.

use pyt_test::other_python;

use super::{CompletedProcess, Program, assert_traceback};

/// Runs a program that says `blocking` and then blocks forever, and interrupts it.
///
/// A shell without job control starts background programs with SIGINT ignored, and the tests may
/// run in one. So the program asks for the usual handler.
fn interrupted(setup: &str, blocking: &str) -> CompletedProcess {
    let source = format!(
        "import queue, signal, threading, time\n\
         signal.signal(signal.SIGINT, signal.default_int_handler)\n\
         {setup}\n\
         print('blocking', flush=True)\n\
         {blocking}\n"
    );
    run_interrupted(Program::new("blocking.py", source))
}

/// Runs a program that says `blocking`, and interrupts it then. Some of them are deadlocks; this is
/// not about reports of those.
fn run_interrupted(program: Program) -> CompletedProcess {
    let program = program.interrupt_at("blocking");
    if other_python().is_some() {
        return program.run();
    }
    program.flag("-X").flag("deadlock=ignore").run()
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
    let run = run_interrupted(Program::new("caught.py", source));
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
