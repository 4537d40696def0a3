//! SIGQUIT (Ctrl-\) has a program report what each of its threads is doing.

use std::time::Duration;

use pyt_test::{skipped_on_other_python, workspace};

use crate::program;

/// Sends itself the signal from another process and waits for that one's end.
const QUIT: &str = "\
import os, subprocess, sys, threading, time, signal

def quit_from_outside():
    subprocess.run(['sh', '-c', f'kill -QUIT {os.getpid()}'], check=True)

";

/// Runs `source` after [`QUIT`]; it must print `done` and complain in one report.
fn reported(name: &str, source: &str, expected: &[&str]) {
    if skipped_on_other_python("a report on SIGQUIT") {
        return;
    }
    for gil in [true, false] {
        let run = program(name, &format!("{QUIT}{source}"), gil, &[]).run();
        run.exited_with(0).printed("done\n");
        assert_eq!(run.stderr.matches("pyt: ").count(), 1, "{run}");
        for text in expected {
            assert!(run.stderr.contains(text), "no {text:?} in {run}");
        }
    }
}

/// The main thread does something for a second, and gets the signal in the middle.
fn reported_while(name: &str, does: &str, expected: &[&str]) {
    let source = format!(
        "\
def send():
    time.sleep(0.4)
    quit_from_outside()
sender = threading.Thread(target=send, name='sender')
sender.start()
{does}
sender.join()
time.sleep(0.3)
print('done')
"
    );
    reported(name, &source, expected);
}

#[test]
fn a_program_that_computes() {
    reported_while(
        "computes",
        "end = time.monotonic() + 4.0\nwhile time.monotonic() < end:\n    pass",
        &["pyt: ", "\n  MainThread", "in <module>\n"],
    );
}

#[test]
fn a_program_that_sleeps() {
    reported_while(
        "sleeps",
        "time.sleep(4.0)",
        &[
            "\n  MainThread  time to pass",
            " of 4.0 s  ",
            "\n    time.sleep(4.0)\n",
        ],
    );
}

#[test]
fn a_program_that_waits_for_a_thread() {
    reported_while(
        "joins",
        "timer = threading.Timer(4.0, lambda: None)\ntimer.start()\ntimer.join()",
        &["\n  MainThread  the end of Thread-"],
    );
}

/// A thread that waits for its peer over TLS, and one that waits for another connection of a
/// database, are in foreign code. Ctrl-C ends both waits.
#[test]
fn a_program_that_waits_in_tls_and_in_sqlite() {
    let certificates = workspace().join("tests/stdlib/certificates");
    let source = format!(
        "\
import socket, sqlite3, ssl, tempfile
server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server.load_cert_chain({certificates:?} + '/server.pem')
client = ssl.create_default_context(cafile={certificates:?} + '/ca.pem')
sockets, ends = socket.socketpair(), {{}}

def serve():
    ends['server'] = server.wrap_socket(sockets[0], server_side=True)

shaking = threading.Thread(target=serve)
shaking.start()
ends['client'] = client.wrap_socket(sockets[1], server_hostname='localhost')
shaking.join()
folder = tempfile.TemporaryDirectory()
path = os.path.join(folder.name, 'locked.db')
holder = sqlite3.connect(path, isolation_level=None)
holder.execute('begin exclusive')

def over_tls():
    ends['client'].recv(1)

def for_a_lock():
    with sqlite3.connect(path, timeout=60, isolation_level=None) as db:
        db.execute('begin exclusive')
        db.execute('rollback')

threads = [threading.Thread(target=f, name=f.__name__) for f in (over_tls, for_a_lock)]
for thread in threads:
    thread.start()
time.sleep(0.5)
quit_from_outside()
time.sleep(0.3)
ends['server'].send(b'x')
holder.execute('rollback')
for thread in threads:
    thread.join()

holder.execute('begin exclusive')
for wait in (over_tls, for_a_lock):
    began = time.monotonic()
    timer = threading.Timer(0.4, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    try:
        wait()
    except KeyboardInterrupt:
        assert time.monotonic() - began < 30
    else:
        raise AssertionError(wait)
    timer.join()
holder.close()
print('done')
"
    );
    reported(
        "tls_and_sqlite",
        &source,
        &[
            "\n  over_tls    the system, or other foreign code",
            "\n  for_a_lock  the system, or other foreign code",
        ],
    );
}

#[test]
fn a_program_that_reads() {
    reported_while(
        "reads",
        "r, w = os.pipe()\n\
         threading.Timer(4.0, os.write, (w, b'x')).start()\n\
         assert os.read(r, 1) == b'x'",
        &[
            "\n  MainThread  the system, or other foreign code",
            "os.read(r, 1)",
        ],
    );
}

#[test]
fn a_program_that_waits_for_a_process() {
    reported_while(
        "process",
        "assert subprocess.run(['sleep', '4.0']).returncode == 0",
        &["\n  MainThread  the system, or other foreign code"],
    );
}

#[test]
fn a_program_without_threads() {
    reported(
        "alone",
        "\
subprocess.Popen(['sh', '-c', f'sleep 0.4; kill -QUIT {os.getpid()}'])
end = time.monotonic() + 4.0
while time.monotonic() < end:
    pass
os.wait()
print('done')
",
        &["pyt: 1 thread\n", "\n  MainThread  nothing: it runs"],
    );
}

#[test]
fn a_deadlock_among_daemons_is_reported_again() {
    let source = "\
a, b = threading.RLock(), threading.RLock()
met = threading.Barrier(2)
def take(first, second):
    with first:
        met.wait()
        with second: pass
for locks in (a, b), (b, a):
    threading.Thread(target=take, args=locks, daemon=True).start()
time.sleep(0.5)
quit_from_outside()
time.sleep(0.3)
print('done')
";
    if skipped_on_other_python("a report on SIGQUIT") {
        return;
    }
    let run = program("again", &format!("{QUIT}{source}"), true, &[]).run();
    run.exited_with(0).printed("done\n");
    let chain = "  Thread-1 (take) waits for b (RLock), held by Thread-2 (take)\n";
    assert_eq!(run.stderr.matches(chain).count(), 2, "{run}");
    assert!(run.stderr.contains("pyt: deadlock: 2 threads"), "{run}");
    assert!(run.stderr.contains("pyt: 3 threads"), "{run}");
}

#[test]
fn a_handler_of_the_programs_own_wins() {
    let source = "\
assert signal.getsignal(signal.SIGQUIT) is signal.SIG_DFL
before = signal.signal(signal.SIGQUIT, lambda *_: print('own'))
assert before is signal.SIG_DFL, before
quit_from_outside()
time.sleep(0.1)
assert signal.signal(signal.SIGQUIT, signal.SIG_IGN).__name__ == '<lambda>'
quit_from_outside()
print('done')
";
    for gil in [true, false] {
        let run = program("own", &format!("{QUIT}{source}"), gil, &[]).run();
        run.succeeded().printed("own\ndone\n");
    }
}

#[test]
fn the_default_action_can_be_had_back() {
    let source = "\
signal.signal(signal.SIGQUIT, signal.SIG_DFL)
import resource
resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
quit_from_outside()
time.sleep(5)
";
    use std::os::unix::process::ExitStatusExt;
    let run = program("default", &format!("{QUIT}{source}"), true, &[]).run();
    assert_eq!(run.status.signal(), Some(3), "{run}");
}

#[test]
fn children_begin_with_the_default_action_and_nothing_blocked() {
    let source = "\
show = ['sh', '-c', 'grep -E \"Sig(Blk|Ign)\" /proc/self/status']
shown = subprocess.run(show, capture_output=True, text=True).stdout
masks = [int(line.split()[1], 16) for line in shown.splitlines()]
assert not any(mask & 1 << 2 for mask in masks), shown
child = subprocess.Popen(['sleep', '20'])
child.send_signal(signal.SIGQUIT)
assert child.wait() == -signal.SIGQUIT
print('done')
";
    for gil in [true, false] {
        let run = program("children", &format!("{QUIT}{source}"), gil, &[]).run();
        run.succeeded().printed("done\n");
    }
}

#[test]
fn an_ignored_signal_stays_ignored() {
    if skipped_on_other_python("a report on SIGQUIT") {
        return;
    }
    // As a shell starts a program in the background.
    let source = "\
child = '''import os, signal
assert signal.getsignal(signal.SIGQUIT) is signal.SIG_IGN
os.kill(os.getpid(), signal.SIGQUIT)
print(\"done\")'''
signal.signal(signal.SIGQUIT, signal.SIG_IGN)
subprocess.run([sys.executable, '-c', child], check=True)
";
    let run = program("ignored", &format!("{QUIT}{source}"), true, &[]).run();
    run.succeeded().printed("done\n");
}

/// What a test shows of a program that passes its deadline.
#[test]
fn a_program_that_hangs_in_a_test_shows_its_threads() {
    if skipped_on_other_python("a report on SIGQUIT") {
        return;
    }
    let source = "\
import threading
lock = threading.Lock()
def hold():
    with lock:
        threading.Event().wait()
threading.Thread(target=hold, name='holder', daemon=True).start()
while not lock.locked(): pass
lock.acquire()
";
    let hangs = program("hangs", source, true, &["-X", "deadlock=ignore"]);
    let timed_out = hangs.run_until(Duration::from_secs(2));
    let shown = timed_out.expect_err("it waits forever").to_string();
    for text in [
        "sent SIGQUIT",
        "\n  MainThread  lock       holder ",
        "ended by Ctrl-C",
        "KeyboardInterrupt",
    ] {
        assert!(shown.contains(text), "no {text:?} in {shown}");
    }
}
