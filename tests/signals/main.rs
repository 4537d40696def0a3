//! Signals while the main thread waits: Ctrl-C, handlers, and where a wait goes on after them.
//!
//! Each script in this folder but `waits.py`, which they share, asserts what it expects, ends
//! itself when a wait hangs, and says which. No test depends on how soon a signal comes:
//! `benchmarks/suite/signal_latency.py` measures that. `PYT_TEST_PYTHON` runs them on another
//! Python.

use std::time::Duration;

use pyt_test::{Program, other_python, workspace};

/// The scripts have a deadline for each wait, so this one is only for what they can't see.
const DEADLINE: Duration = Duration::from_secs(240);

fn holds(script: &str, gil: &str, company: bool) {
    let folder = workspace().join("tests/signals");
    let mut program =
        Program::file(folder.join(script)).env("PYTHONPATH", &folder.to_string_lossy());
    if company {
        program = program.env("PYT_TEST_COMPANY", "1");
    }
    if other_python().is_none() {
        program = program.flag("-X").flag(gil);
    }
    match program.run_until(DEADLINE) {
        Ok(run) => run.succeeded(),
        Err(timed_out) => panic!("{timed_out}"),
    };
}

macro_rules! scripts {
    ($($name:ident)*) => {$(
        mod $name {
            #[test]
            fn with_the_gil() {
                super::holds(concat!(stringify!($name), ".py"), "gil=1", false);
            }

            #[test]
            fn with_the_gil_beside_a_busy_thread() {
                super::holds(concat!(stringify!($name), ".py"), "gil=1", true);
            }

            #[test]
            fn without_the_gil() {
                super::holds(concat!(stringify!($name), ".py"), "gil=0", false);
            }

            #[test]
            fn without_the_gil_beside_a_busy_thread() {
                super::holds(concat!(stringify!($name), ".py"), "gil=0", true);
            }
        }
    )*};
}

scripts! { interrupts handlers sources }

/// A handler that returns does not end the wait for the last threads.
#[test]
fn a_handler_runs_while_the_program_waits_for_its_last_threads() {
    let source = "import os, signal, sys, threading, time\n\
        ran = threading.Event()\n\
        signal.signal(signal.SIGUSR1, lambda number, frame: ran.set())\n\
        def last():\n    \
            while threading.main_thread().is_alive(): time.sleep(0.01)\n    \
            os.kill(os.getpid(), signal.SIGUSR1)\n    \
            assert ran.wait(30), 'the handler did not run'\n    \
            time.sleep(0.1)\n    \
            print('done')\n\
        threading.Thread(target=last).start()\n";
    Program::new("last.py", source)
        .run()
        .succeeded()
        .printed("done\n");
}
