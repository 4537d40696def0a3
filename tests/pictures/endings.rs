//! What becomes of a recording when its program ends badly, or its file cannot be written.

use std::{
    fs,
    os::unix::{fs::symlink, process::ExitStatusExt},
};

use pyt_test::{CompletedProcess, Scratch, pyt, shell, skipped_on_other_python, workspace};

use crate::{
    program,
    trace::{Trace, whole},
};

/// A program with two threads that wait for one another's locks for a while, and then this end.
fn ends_by(scratch: &Scratch, end: &str) -> String {
    let source = format!(
        "import os, signal, sys, threading, time\n\
         lock = threading.Lock()\n\
         def work():\n\
         \x20   for _ in range(20):\n\
         \x20       with lock: time.sleep(0.02)\n\
         \x20       time.sleep(0.001)\n\
         threads = [threading.Thread(target=work, name=f'worker-{{n}}', daemon=True) for n in range(2)]\n\
         for thread in threads: thread.start()\n\
         time.sleep(0.6)\n\
         {end}\n"
    );
    scratch.write("script.py", source)
}

/// Asserts that both files of the program open, and have what happened until its end.
#[track_caller]
fn leaves_files(end: &str, complete: &str, ended: impl Fn(&CompletedProcess)) {
    let scratch = Scratch::new();
    let script = ends_by(&scratch, end);
    for name in ["trace.json", "trace.html"] {
        let file = scratch.at(name);
        // No dump of the core.
        let line = format!("ulimit -c 0; exec \"$0\" run --timeline '{file}' '{script}'");
        ended(&shell(&line).run());
        if name == "trace.json" {
            let trace = Trace::read(&file);
            whole(&trace);
            assert_eq!(trace.about("complete"), complete, "{end}");
            assert_eq!(trace.threads(), ["MainThread", "worker-0", "worker-1"]);
            assert!(!trace.slices_named("waits for lock").is_empty(), "{end}");
        } else {
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.ends_with("</html>\n"), "{end}");
            assert!(text.contains("\"worker-1\""), "{end}");
        }
    }
}

#[test]
fn a_crash_leaves_files_that_open() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    for (end, signal) in [
        ("os.abort()", libc::SIGABRT),
        ("os.kill(os.getpid(), signal.SIGSEGV)", libc::SIGSEGV),
        ("os.kill(os.getpid(), signal.SIGKILL)", libc::SIGKILL),
    ] {
        // A shell that has replaced itself: the signal is the program's end.
        leaves_files(end, "false", |done| {
            assert_eq!(done.status.signal(), Some(signal), "{done}");
        });
    }
}

#[test]
fn another_program_in_its_place_leaves_files_that_open() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let end = "os.execv('/bin/sh', ['sh', '-c', 'echo other; exit 3'])";
    leaves_files(end, "false", |done| {
        done.gave(3, "other\n", "");
    });
}

#[test]
fn an_exception_and_an_exit_complete_the_file() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    leaves_files("raise SystemExit(4)", "true", |done| {
        done.exited_with(4);
    });
    leaves_files("1 / 0", "true", |done| {
        done.exited_with(1);
    });
    leaves_files("os._exit(6)", "true", |done| {
        done.exited_with(6);
    });
}

#[test]
fn a_child_that_ends_by_itself_leaves_the_file_to_its_parent() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let end = "\
child = os.fork()
if not child:
    other = threading.Thread(target=time.sleep, args=(0.3,), name='of the child')
    other.start(); other.join()
    sys.exit(5)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 5";
    leaves_files(end, "true", |done| {
        done.exited_with(0);
        // CPython's warning of a fork with threads comes from the program.
        assert!(!done.stderr.contains("timeline"), "{done}");
    });
}

#[test]
fn a_full_device_and_a_folder_are_refused_before_the_program_begins() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let (full, folder) = (scratch.at("full.json"), scratch.at("folder.html"));
    symlink("/dev/full", &full).unwrap();
    fs::create_dir(&folder).unwrap();
    for (file, reason) in [
        (full, "No space left on device"),
        (folder, "Is a directory"),
    ] {
        let done = pyt(["run", "--timeline", &file, "-c", "print('runs')"]).run();
        done.gave(2, "", &format!("pyt: timeline {file}: {reason}\n"));
    }
}

#[test]
fn a_page_that_the_disk_had_no_room_for_is_reported_once() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let file = scratch.at("page.html");
    // 60 or 120 kB, by the shell: the page's own program fits, and not all that is recorded.
    let line = format!(
        "trap '' XFSZ; ulimit -f 120; exec \"$0\" run --timeline '{file}' {}",
        program("crowd.py")
    );
    let done = shell(&line).dir(workspace()).run();
    let complaint = format!(
        "pyt: timeline {file}: File too large: nothing more is recorded, and the program goes on\n"
    );
    done.gave(0, "", &complaint);
}
