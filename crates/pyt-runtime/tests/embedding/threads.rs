//! The table of threads.

use std::{thread, time::Duration};

use pyt_runtime::{ThreadInfo, ThreadOrigin, ThreadState};

use crate::support::{in_both_modes, runtime};

fn find<'a>(threads: &'a [ThreadInfo], name: &str) -> &'a ThreadInfo {
    threads
        .iter()
        .find(|thread| thread.name() == name)
        .unwrap_or_else(|| panic!("no {name} in {threads:#?}"))
}

#[test]
fn the_table_says_what_each_thread_does() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime
            .exec(
                "import threading, time\n\
                 lock = threading.Lock()\n\
                 taken = threading.Event()\n\
                 def hold():\n\
                 \x20 with lock:\n\
                 \x20   taken.set()\n\
                 \x20   time.sleep(1e9)\n\
                 def want():\n\
                 \x20 lock.acquire()\n\
                 def spin():\n\
                 \x20 while True: pass\n\
                 for run in (hold, want, spin):\n\
                 \x20 threading.Thread(target=run, name=run.__name__, daemon=run is spin).start()\n\
                 \x20 taken.wait()\n\
                 time.sleep(0.05)",
            )
            .unwrap();
        let threads = runtime.threads();
        assert_eq!(threads.len(), 4, "{threads:#?}");
        assert_eq!(find(&threads, "MainThread").origin(), ThreadOrigin::Main);
        let hold = find(&threads, "hold");
        assert_eq!(hold.origin(), ThreadOrigin::Python { daemon: false });
        let ThreadState::Waiting(sleep) = hold.state() else {
            panic!("{hold:?}")
        };
        assert_eq!((sleep.kind(), sleep.holder()), ("time to pass", None));
        let timeout = sleep.timeout().unwrap().as_secs_f64();
        assert!((timeout - 1e9).abs() < 1.0, "{timeout}");
        assert!(sleep.elapsed() > Duration::ZERO);
        let want = find(&threads, "want");
        let ThreadState::Waiting(lock) = want.state() else {
            panic!("{want:?}")
        };
        assert_eq!((lock.kind(), lock.holder()), ("lock", Some("hold")));
        assert_eq!(lock.timeout(), None);
        let last = want.stack().last().unwrap();
        assert_eq!((&*last.function, last.line), ("want", 9));
        // For a moment now and then it is on its way out of the interpreter, or back in.
        let mut later = threads.clone();
        while !matches!(find(&later, "spin").state(), ThreadState::Running) {
            later = runtime.threads();
        }
        let spin = find(&later, "spin");
        assert_eq!(spin.origin(), ThreadOrigin::Python { daemon: true });
        assert_eq!(spin.stack().last().unwrap().function, "spin");
        let idents: Vec<u64> = runtime
            .eval("sorted(thread.ident for thread in threading.enumerate())")
            .unwrap();
        let mut listed: Vec<_> = threads.iter().map(ThreadInfo::ident).collect();
        listed.sort_unstable();
        assert_eq!(listed, idents);
    });
}

#[test]
fn threads_of_the_host_are_listed_while_they_are_inside() {
    in_both_modes(|gil| {
        let (one, two) = (runtime(gil), runtime(gil));
        thread::Builder::new()
            .name("visitor".to_owned())
            .spawn_scoped_or_panic(|| {
                one.enter(|py| {
                    assert_eq!(find(&py.threads(), "visitor").ident(), py.thread_ident());
                    let origin = find(&py.threads(), "visitor").origin();
                    assert_eq!(origin, ThreadOrigin::Host);
                    // From inside of one runtime, another one's.
                    assert_eq!(two.threads().len(), 1);
                });
            });
        assert_eq!(one.threads().len(), 1);
    });
}

trait Spawn {
    fn spawn_scoped_or_panic(self, f: impl FnOnce() + Send);
}

impl Spawn for thread::Builder {
    fn spawn_scoped_or_panic(self, f: impl FnOnce() + Send) {
        thread::scope(|scope| {
            self.spawn_scoped(scope, f).expect("a thread");
        });
    }
}

/// All runtimes of a process share the import lock.
#[test]
fn a_thread_that_leaves_gives_the_import_lock_back() {
    in_both_modes(|gil| {
        for left in [
            "import _imp\n_imp.acquire_lock()\n_imp.acquire_lock()",
            "import _imp, threading\n\
             one = threading.Thread(target=_imp.acquire_lock)\n\
             one.start()\none.join()",
        ] {
            let first = runtime(gil);
            first.exec(left).unwrap();
            let other = std::thread::spawn(move || {
                let second = runtime(gil);
                second.exec("import decimal, json").unwrap();
                second.finish();
            });
            other.join().unwrap();
            first
                // The lock is the process's: another test may be importing.
                .exec(
                    "import _imp, time\n\
                     while _imp.lock_held(): time.sleep(0.01)\n\
                     import csv",
                )
                .unwrap();
            first.finish();
        }
    });
}
