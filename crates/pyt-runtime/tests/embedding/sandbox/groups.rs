//! Control groups: what they refuse, and that none is left behind.
//!
//! Most tests need a group of version 2 beneath which others may be made, with the controllers
//! `memory` and `pids`: `PYT_TEST_CGROUP` names one, or `/sys/fs/cgroup` is. Elsewhere they say
//! that they are skipped.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use pyt_runtime::{
    ErrorKind, Limit, Runtime,
    sandbox::{Protection, Sandbox, SandboxedRuntime},
};
use pyt_test::deadline::within;

use super::with;

/// How much memory the sandboxes may have.
const MEMORY: u64 = 192 << 20;

/// Kernels may lack other protections: they are not what is tested here.
fn grouped(parent: &Path) -> Sandbox {
    Sandbox::best_effort().memory(MEMORY).control_group(parent)
}

fn build(sandbox: Sandbox) -> SandboxedRuntime {
    with(Runtime::builder(), sandbox).build().unwrap()
}

/// A group for one test, beneath which there is nothing yet. It is removed when this is dropped.
struct Parent(PathBuf);

impl Parent {
    fn new(name: &str) -> Option<Self> {
        let given = std::env::var_os("PYT_TEST_CGROUP").map(PathBuf::from);
        let root = given.unwrap_or_else(|| PathBuf::from("/sys/fs/cgroup"));
        let controllers = fs::read_to_string(root.join("cgroup.controllers")).unwrap_or_default();
        let has = |name| controllers.split_whitespace().any(|one| one == name);
        let folder = root.join(format!("pyt-test-{}-{name}", std::process::id()));
        let passed = fs::write(root.join("cgroup.subtree_control"), "+memory +pids");
        if !has("memory") || !has("pids") || passed.is_err() || fs::create_dir(&folder).is_err() {
            eprintln!("skipped: {} is no group to use", root.display());
            return None;
        }
        Some(Self(folder))
    }

    fn children(&self) -> usize {
        let entries = fs::read_dir(&self.0).unwrap().flatten();
        entries.filter(|entry| entry.path().is_dir()).count()
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
    }
}

#[test]
fn a_folder_without_control_groups_is_refused_or_told() {
    within("no group", || {
        let folder = std::env::temp_dir();
        let required = Sandbox::require().control_group(&folder);
        let error = with(Runtime::builder(), required).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unprotected);
        if Sandbox::missing().is_empty() {
            let text = error.to_string();
            assert!(text.contains("no control group of version 2"), "{text}");
        }
        let sandbox = build(grouped(&folder));
        assert!(sandbox.missing().contains(&Protection::ControlGroup));
        assert_eq!(sandbox.eval::<i32>("6 * 7").unwrap(), 42);
        let missing = build(Sandbox::best_effort().memory(MEMORY))
            .missing()
            .to_vec();
        assert!(!missing.contains(&Protection::ControlGroup));
    });
}

#[test]
fn a_process_has_a_group_that_ends_with_it() {
    let Some(parent) = Parent::new("own") else {
        return;
    };
    within("groups", move || {
        // What a host left behind that was killed: no process has the number of one that has ended.
        let mut ended = Command::new("true").spawn().unwrap();
        let number = ended.id();
        ended.wait().unwrap();
        let abandoned = parent.0.join(format!("pyt-sandbox-{number}-0"));
        fs::create_dir(&abandoned).unwrap();
        let sandbox = build(grouped(&parent.0).threads(12));
        assert!(!sandbox.missing().contains(&Protection::ControlGroup));
        assert!(!abandoned.exists());
        let groups = fs::read_to_string(format!("/proc/{}/cgroup", sandbox.process_id())).unwrap();
        let own = groups.lines().find_map(|line| line.strip_prefix("0::"));
        let own = Path::new(own.unwrap()).file_name().unwrap();
        let own = parent.0.join(own);
        let read = |file: &str| fs::read_to_string(own.join(file)).unwrap();
        assert_eq!(read("pids.max").trim(), "12");
        let most: u64 = read("memory.max").trim().parse().unwrap();
        assert!((MEMORY..3 * MEMORY).contains(&most), "{most}");
        assert_eq!(sandbox.eval::<i32>("6 * 7").unwrap(), 42);
        assert_eq!(parent.children(), 1);
        drop(sandbox);
        assert_eq!(parent.children(), 0);
    });
}

#[test]
fn a_thread_too_many_is_refused_and_not_the_end() {
    let Some(parent) = Parent::new("threads") else {
        return;
    };
    within("threads", move || {
        let sandbox = build(grouped(&parent.0).threads(12));
        let bomb = "
import threading
end = threading.Event()
threads = []
try:
    for _ in range(100):
        threads.append(threading.Thread(target=end.wait))
        threads[-1].start()
except RuntimeError as error:
    refused = str(error)
end.set()
";
        sandbox.exec(bomb).unwrap();
        let refused: String = sandbox.get("refused").unwrap();
        assert!(refused.contains("start new thread"), "{refused}");
        let started: usize = sandbox.eval("len(threads)").unwrap();
        assert!((2..=12).contains(&started), "{started}");
    });
}

#[test]
fn limits_of_the_given_group_hold_for_the_sum_of_its_sandboxes() {
    let Some(parent) = Parent::new("sum") else {
        return;
    };
    within("the sum", move || {
        let sandboxes = [build(grouped(&parent.0)), build(grouped(&parent.0))];
        let used = fs::read_to_string(parent.0.join("memory.current")).unwrap();
        let used: u64 = used.trim().parse().unwrap();
        let _ = fs::write(parent.0.join("memory.swap.max"), "0");
        let most = used + MEMORY;
        fs::write(parent.0.join("memory.max"), most.to_string()).unwrap();
        // Each may have as much by itself. The kernel ends the one that has most.
        let takes = |bytes: u64| format!("held = bytearray(b'x') * {bytes}");
        sandboxes[0].exec(&takes(MEMORY / 4)).unwrap();
        let error = sandboxes[1].exec(&takes(MEMORY / 8 * 7)).unwrap_err();
        assert_eq!(
            error.kind(),
            ErrorKind::Limit(Limit::Memory(MEMORY)),
            "{error}"
        );
        let held: u64 = sandboxes[0].eval("len(held)").unwrap();
        assert_eq!(held, MEMORY / 4);
    });
}
