//! Reports of deadlocks and of SIGQUIT, in a plain run.

use crate::{assert_process, program};

const ABORT: [&str; 2] = ["-X", "deadlock=abort"];

#[test]
fn two_locks_taken_in_two_orders() {
    let source = "\
import threading
a, b = threading.Lock(), threading.Lock()
met = threading.Barrier(2)

def left():
    with a:
        met.wait()
        with b:
            pass

def right():
    with b:
        met.wait()
        with a:
            pass

threads = [threading.Thread(target=f, name=f.__name__) for f in (left, right)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
";
    assert_process(
        "deadlock_of_two_locks",
        &program("abba", source, &ABORT).run(),
    );
}

#[test]
fn a_lock_taken_twice() {
    let source = "\
import threading
lock = threading.Lock()

def outer():
    with lock:
        inner()

def inner():
    with lock:
        pass

outer()
";
    assert_process(
        "deadlock_of_one_thread",
        &program("twice", source, &ABORT).run(),
    );
}

#[test]
fn a_lock_whose_holder_has_ended() {
    let source = "\
import threading
lock = threading.Lock()
taker = threading.Thread(target=lock.acquire, name='taker')
taker.start()
taker.join()
lock.acquire()
";
    assert_process(
        "deadlock_of_a_lost_lock",
        &program("lost", source, &ABORT).run(),
    );
}

#[test]
fn all_threads_wait() {
    let source = "\
import queue, threading
items = queue.Queue()
event = threading.Event()
condition = threading.Condition()

def consume():
    items.get()

def watch():
    event.wait()

def be_notified():
    with condition:
        condition.wait()

threads = [threading.Thread(target=f, name=f.__name__) for f in (consume, watch, be_notified)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
";
    assert_process("standstill", &program("standstill", source, &ABORT).run());
}

/// The main thread sleeps, a thread holds a lock while it waits, another one waits for that lock.
#[test]
fn sigquit_shows_what_each_thread_does() {
    let source = "\
import os, subprocess, threading, time
lock, never = threading.Lock(), threading.Event()
held = threading.Event()

def holder():
    with lock:
        held.set()
        never.wait(3600)

def wanting():
    with lock:
        pass

for function in (holder, wanting):
    threading.Thread(target=function, name=function.__name__, daemon=True).start()
    held.wait()
sender = subprocess.Popen(['sh', '-c', f'sleep 0.4; kill -QUIT {os.getpid()}'])
time.sleep(4.0)
sender.wait()
";
    assert_process("sigquit", &program("busy", source, &["-X", "gil=1"]).run());
}
