//! Threads of the host's attach and detach.

use std::{sync::Barrier, thread, time::Duration};

use pyt_runtime::{Capture, Runtime};

use crate::support::{in_both_modes, runtime};

#[test]
fn any_thread_may_enter() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        runtime.exec("import threading\nnames = []").unwrap();
        thread::scope(|scope| {
            for number in 0..8 {
                let name = format!("host-{number}");
                let builder = thread::Builder::new().name(name);
                let enter = || {
                    for _ in 0..50 {
                        let note =
                            "names.append(threading.current_thread() is threading.main_thread())";
                        runtime.exec(note).unwrap();
                    }
                };
                builder.spawn_scoped(scope, enter).unwrap();
            }
        });
        assert_eq!(
            runtime
                .eval::<(usize, bool)>("(len(names), any(names))")
                .unwrap(),
            (400, false)
        );
        assert_eq!(runtime.eval::<i64>("threading.active_count()").unwrap(), 1);
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn detached_threads_leave_room_for_others() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let meet = Barrier::new(3);
        thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| runtime.enter(|py| py.detach(|| meet.wait())));
            }
            runtime.enter(|py| {
                py.detach(|| {
                    meet.wait();
                    runtime.exec("back = 'inside'").unwrap();
                });
            });
        });
        assert_eq!(runtime.eval::<String>("back").unwrap(), "inside");
    });
}

#[test]
fn runtimes_are_independent() {
    in_both_modes(|gil| {
        let all: Vec<_> = (0..4).map(|_| runtime(gil)).collect();
        thread::scope(|scope| {
            for (number, runtime) in all.iter().enumerate() {
                scope.spawn(move || {
                    runtime
                        .exec(&format!("import sys; sys.mine = {number}"))
                        .unwrap();
                });
            }
        });
        for (number, runtime) in all.into_iter().enumerate() {
            assert_eq!(runtime.eval::<usize>("sys.mine").unwrap(), number);
            assert_eq!(runtime.finish(), 0);
        }
    });
}

#[test]
fn the_hosts_calls_do_not_import_by_the_programs_function() {
    let output = Capture::new();
    let runtime = Runtime::builder().stdout(&output).build().unwrap();
    let noting = "
import builtins
original = builtins.__import__
def noting(name, *args, **keywords):
    print('import', name)
    return original(name, *args, **keywords)
builtins.__import__ = noting
";
    runtime.exec(noting).unwrap();
    assert_eq!(output.take(), "");
    runtime.exec("answer = 6 * 7").unwrap();
    assert_eq!(runtime.eval::<i32>("answer").unwrap(), 42);
    assert_eq!(output.take(), "");
    runtime.exec("import json").unwrap();
    assert!(output.take().starts_with("import json\n"));
    runtime.shutdown(Duration::from_secs(1)).unwrap();
    // Streams import by it when they are closed.
    assert!(!output.take().contains("import atexit"));
}
