//! Ends of processes: none is left behind, whatever ends first.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    sync::Barrier,
    thread,
    time::{Duration, Instant},
};

use pyt_runtime::{ErrorKind, Runtime, sandbox::SandboxedRuntime};
use pyt_test::deadline::within;

use super::{HOST_VARIABLE, is_alive, limited, small, with};

/// Blocks until the process has ended.
#[track_caller]
fn wait_for_end(process: u32) {
    let end = Instant::now() + Duration::from_secs(30);
    while is_alive(process) {
        assert!(Instant::now() < end, "process {process} is left behind");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn two_hundred_one_after_another_leave_nothing_behind() {
    for chunk in 0..4 {
        within(&format!("sandboxes from {}", chunk * 50), || {
            for number in 0..50_u32 {
                let sandbox = with(Runtime::builder(), small()).build().unwrap();
                let sum: u32 = sandbox.eval(&format!("{number} + 1")).unwrap();
                assert_eq!(sum, number + 1);
                let process = sandbox.process_id();
                drop(sandbox);
                assert!(!is_alive(process));
            }
        });
    }
}

#[test]
fn fifty_at_once_are_independent() {
    within("50 sandboxes", || {
        let built = Barrier::new(50);
        thread::scope(|scope| {
            for number in 0..50_u32 {
                let built = &built;
                scope.spawn(move || {
                    let sandbox = with(Runtime::builder(), small()).build().unwrap();
                    sandbox.set("n", number).unwrap();
                    built.wait();
                    assert_eq!(sandbox.get::<u32>("n").unwrap(), number);
                    let process = sandbox.process_id();
                    drop(sandbox);
                    assert!(!is_alive(process));
                });
            }
        });
    });
}

#[test]
fn a_process_that_is_killed_in_a_call_is_a_typed_error() {
    within("kill -9", || {
        let sandbox = limited(Duration::from_secs(100));
        let process = sandbox.process_id();
        let killer = thread::spawn(move || {
            thread::sleep(Duration::from_millis(300));
            let number = i32::try_from(process).unwrap();
            // SAFETY: a call without pointers.
            assert_eq!(unsafe { libc::kill(number, libc::SIGKILL) }, 0);
        });
        let error = sandbox.exec("while True: pass").unwrap_err();
        killer.join().unwrap();
        assert_eq!(error.kind(), ErrorKind::Crashed);
        assert_eq!(error.crash().unwrap().signal(), Some(9));
        assert!(error.to_string().contains("SIGKILL"), "{error}");
        let gone = sandbox.eval::<i32>("1").unwrap_err();
        assert_eq!(gone.kind(), ErrorKind::Gone);
    });
}

#[test]
fn crashes_are_told_with_what_is_known() {
    within("crashes", || {
        let crashed = |code: &str| {
            let error = limited(Duration::from_secs(60)).exec(code).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Crashed, "{code}: {error:?}");
            error
        };
        let error = crashed("print('last words')\nimport ctypes\nctypes.string_at(16)");
        let crash = error.crash().unwrap();
        assert!([Some(libc::SIGSEGV), Some(libc::SIGABRT)].contains(&crash.signal()));
        assert!(crash.running().starts_with("exec("));
        let error = crashed("import os\nos._exit(7)");
        assert_eq!(error.crash().unwrap().status(), Some(7));
        let error = crashed("import os\nos.abort()");
        assert_eq!(error.crash().unwrap().signal(), Some(libc::SIGABRT));
        let error = crashed("import os\nos.write(2, b'told before the end\\n')\nos._exit(1)");
        assert_eq!(error.crash().unwrap().message(), "told before the end\n");
    });
}

#[test]
fn the_thread_that_built_a_sandbox_may_end() {
    within("threads of the host", || {
        let build = || with(Runtime::builder(), small()).build().unwrap();
        let sandbox: SandboxedRuntime = thread::spawn(build).join().unwrap();
        thread::sleep(Duration::from_millis(200));
        assert_eq!(sandbox.eval::<i32>("1").unwrap(), 1);
    });
}

/// What this binary does as a host that will be killed: tells its sandboxes' processes, one of
/// which runs while the other is stopped.
pub(super) fn be_a_host() {
    let idle = with(Runtime::builder(), small()).build().unwrap();
    let busy = with(Runtime::builder(), small()).build().unwrap();
    println!("{}", idle.process_id());
    println!("{}", busy.process_id());
    // A program that does not end when its socket is closed.
    let _ = busy.exec("sum(range(10 ** 15))");
    std::process::exit(1);
}

#[test]
fn processes_end_with_a_host_that_is_killed() {
    within("killed host", || {
        let mut host = Command::new(std::env::current_exe().unwrap())
            .env(HOST_VARIABLE, "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(host.stdout.take().unwrap()).lines();
        let processes: Vec<u32> = lines
            .take(2)
            .map(|line| line.unwrap().parse().unwrap())
            .collect();
        assert_eq!(processes.len(), 2);
        thread::sleep(Duration::from_millis(200));
        assert!(processes.iter().all(|process| is_alive(*process)));
        host.kill().unwrap();
        host.wait().unwrap();
        for process in processes {
            wait_for_end(process);
        }
    });
}
