//! Long waits that are no deadlock: no report.
//!
//! Each program waits for longer than a standstill lasts before it is reported, ends by itself, and
//! must leave standard error empty. Without reports these tests hold too, so the program beside
//! them in `found.rs` is what shows that there would have been one.

use pyt_test::{Program, Time, skipped_on_other_python};

use crate::{program, with_and_without_gil};

/// Runs `source` with and without the GIL. It prints `done`, and nothing else.
fn silent(name: &str, source: &str) {
    let source = format!("{HEAD}{source}\nprint('done')\n");
    // A report would end the program.
    let flags = ["-X", "deadlock=abort"];
    for run in with_and_without_gil(|gil| program(name, &source, gil, &flags).run()) {
        run.succeeded().printed("done\n");
    }
}

const HEAD: &str = "\
import os, queue, signal, socket, subprocess, sys, threading, time
LONG = 1.7
def after(seconds, what, *args):
    'Has another process bring something about: no thread of this one has a deadline.'
    return subprocess.Popen(['sh', '-c', f'sleep {seconds}; ' + what.format(*args)])
";

macro_rules! silent {
    ($($(#[doc = $about:literal])* $name:ident: $source:expr;)*) => {$(
        $(#[doc = $about])*
        #[test]
        fn $name() {
            silent(stringify!($name), $source);
        }
    )*};
}

silent! {
    a_server_in_accept: "\
server = socket.create_server(('127.0.0.1', 0))
child = after(LONG, '{} -c \"import socket; socket.create_connection((\\'127.0.0.1\\', {}))\"', sys.executable, server.getsockname()[1])
server.accept()
child.wait()";

    an_event_until_a_signal_whose_handler_sets_it: "\
event = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: event.set())
child = after(LONG, 'kill -USR1 {}', os.getpid())
event.wait()
child.wait()";

    /// Threads of all kinds wait for what the handler begins.
    a_queue_that_a_signal_handler_feeds: "\
q, results = queue.Queue(), queue.Queue()
def work():
    results.put(q.get())
worker = threading.Thread(target=work)
worker.start()
signal.signal(signal.SIGUSR1, lambda *_: q.put('item'))
child = after(LONG, 'kill -USR1 {}', os.getpid())
assert results.get() == 'item'
worker.join()
child.wait()";

    an_event_until_ctrl_c: "\
child = after(LONG, 'kill -INT {}', os.getpid())
try:
    threading.Event().wait()
except KeyboardInterrupt:
    child.wait()";

    /// Idle workers wait beside the main thread, which is there for Ctrl-C.
    an_event_until_ctrl_c_beside_idle_workers: "\
from concurrent.futures import ThreadPoolExecutor
q = queue.Queue()
threading.Thread(target=lambda: [item for item in iter(q.get, None)]).start()
def wait(condition):
    with condition: condition.wait()
threading.Thread(target=wait, args=(threading.Condition(),), daemon=True).start()
pool = ThreadPoolExecutor(2)
assert list(pool.map(abs, [-1, -2])) == [1, 2]
child = after(LONG, 'kill -INT {}', os.getpid())
try:
    threading.Event().wait()
except KeyboardInterrupt:
    pool.shutdown()
    q.put(None)
    child.wait()";

    input_from_a_pipe: "\
r, w = os.pipe()
os.dup2(r, 0)
child = subprocess.Popen(['sh', '-c', f'sleep {LONG}; echo line'], stdout=w)
q = queue.Queue()
threading.Thread(target=q.get).start()
assert input() == 'line'
q.put(1)
child.wait()";

    a_child_process: "\
q = queue.Queue()
worker = threading.Thread(target=q.get)
worker.start()
assert subprocess.run(['sleep', str(LONG)]).returncode == 0
q.put(1)";

    output_of_a_child_process: "\
child = subprocess.Popen(['sh', '-c', f'sleep {LONG}; echo text'], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
assert child.communicate() == (b'text\\n', b'')";

    a_timer: "\
event = threading.Event()
threading.Timer(LONG, event.set).start()
event.wait()";

    a_sleep: "\
event = threading.Event()
def set_later():
    time.sleep(LONG)
    event.set()
threading.Thread(target=set_later).start()
event.wait()";

    a_get_with_a_timeout: "\
q = queue.Queue()
def work():
    try: q.get(timeout=LONG)
    except queue.Empty: pass
worker = threading.Thread(target=work)
worker.start()
worker.join()";

    a_socket_that_one_reads_and_others_wait_for: "\
ours, theirs = socket.socketpair()
q, done = queue.Queue(), threading.Semaphore(0)
def read():
    q.put(ours.recv(10))
def work():
    assert q.get() == b'hello'
    done.release()
threads = [threading.Thread(target=f) for f in (read, work)]
for thread in threads: thread.start()
child = subprocess.Popen(['sh', '-c', f'sleep {LONG}; printf hello >&0'], stdin=theirs)
done.acquire()
for thread in threads: thread.join()
child.wait()";

    a_select: "\
import select
r, w = os.pipe()
child = subprocess.Popen(['sh', '-c', f'sleep {LONG}; echo'], stdout=w)
event = threading.Event()
def watch():
    select.select([r], [], [])
    event.set()
threading.Thread(target=watch).start()
event.wait()
child.wait()";

    an_event_loop: "\
import asyncio
async def main():
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    def work():
        child = subprocess.run(['sleep', str(LONG)])
        loop.call_soon_threadsafe(event.set)
    threading.Thread(target=work).start()
    await event.wait()
    await asyncio.to_thread(time.sleep, LONG)
loop_thread = threading.Thread(target=asyncio.run, args=(main(),))
loop_thread.start()
loop_thread.join()";

    an_idle_pool_beside_input: "\
from concurrent.futures import ThreadPoolExecutor
r, w = os.pipe()
os.dup2(r, 0)
child = subprocess.Popen(['sh', '-c', f'sleep {LONG}; echo line'], stdout=w)
with ThreadPoolExecutor(3) as pool:
    assert list(pool.map(abs, range(-3, 0))) == [3, 2, 1]
    assert sys.stdin.readline() == 'line\\n'
child.wait()";

    a_future_of_something_slow: "\
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(1) as pool:
    first = pool.submit(subprocess.run, ['sleep', str(LONG)])
    assert pool.submit(lambda: first.result().returncode).result() == 0";

    a_pause_until_a_signal: "\
signal.signal(signal.SIGUSR1, lambda *_: None)
q = queue.Queue()
threading.Thread(target=q.get).start()
child = after(LONG, 'kill -USR1 {}', os.getpid())
signal.pause()
q.put(1)
child.wait()";

    a_sigwait: "\
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
q = queue.Queue()
threading.Thread(target=q.get).start()
child = after(LONG, 'kill -USR1 {}', os.getpid())
signal.sigwait([signal.SIGUSR1])
q.put(1)
child.wait()";

    a_lock_that_is_tried_again_and_again: "\
lock = threading.Lock()
lock.acquire()
def work():
    end = time.monotonic() + LONG
    while time.monotonic() < end:
        assert not lock.acquire(timeout=0.3)
worker = threading.Thread(target=work)
worker.start()
worker.join()";

    /// Two wait crosswise, but one will give up.
    a_cycle_with_a_deadline: "\
a, b = threading.RLock(), threading.RLock()
met = threading.Barrier(2)
def patient():
    with a:
        met.wait()
        with b: pass
def impatient():
    with b:
        met.wait()
        assert not a.acquire(timeout=LONG)
threads = [threading.Thread(target=f) for f in (patient, impatient)]
for thread in threads: thread.start()
for thread in threads: thread.join()";

    a_process_of_multiprocessing: "\
import multiprocessing, warnings
warnings.simplefilter('ignore')
context = multiprocessing.get_context('fork')
q = context.Queue()
def work():
    time.sleep(LONG)
    q.put('item')
child = context.Process(target=work)
child.start()
assert q.get() == 'item'
child.join()
parked = context.Process(target=lambda: threading.Event().wait())
parked.start()
parked.join(LONG)
parked.terminate()
parked.join()";

    a_join_of_a_thread_that_computes: "\
def compute():
    end = time.monotonic() + LONG
    while time.monotonic() < end: pass
thread = threading.Thread(target=compute)
thread.start()
thread.join()";

    daemons_that_wait_while_the_main_thread_computes: "\
for wait in (threading.Event().wait, threading.Semaphore(0).acquire, queue.Queue().get, threading.Barrier(2).wait):
    threading.Thread(target=wait, daemon=True).start()
end = time.monotonic() + LONG
while time.monotonic() < end: pass
time.sleep(LONG)";

    a_main_thread_that_has_ended: "\
import builtins
event = threading.Event()
def last():
    event.wait()
    builtins.print('done')
threading.Thread(target=last).start()
threading.Timer(LONG, event.set).start()
print = lambda _: None";

    locks_under_load: "\
locks = [threading.Lock(), threading.RLock(), threading.Lock()]
gate = threading.Condition()
end = time.monotonic() + 2 * LONG
def work(i):
    while time.monotonic() < end:
        for lock in locks:
            with lock: pass
        with locks[0], locks[1], locks[2]: pass
        locks[i % 3].acquire()
        locks[i % 3].release()
        with gate: gate.notify_all()
threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
for thread in threads: thread.start()
for thread in threads: thread.join()";

    /// Locks as signals, released by other threads than those that took them.
    locks_that_others_release: "\
ping, pong = threading.Lock(), threading.Lock()
pong.acquire()
def left():
    for _ in range(4):
        ping.acquire()
        time.sleep(LONG / 4)
        pong.release()
def right():
    for _ in range(4):
        pong.acquire()
        ping.release()
threads = [threading.Thread(target=f) for f in (left, right)]
for thread in threads: thread.start()
for thread in threads: thread.join()
first = threading.Lock()
first.acquire()
second = threading.Thread(target=first.acquire)
second.start()
threading.Timer(LONG, first.release).start()
second.join()";

    /// A handler may raise in the main thread, and so free what it holds.
    a_cycle_that_an_alarm_breaks: "\
class Late(Exception): pass
def late(*_): raise Late
signal.signal(signal.SIGALRM, late)
a, b = threading.RLock(), threading.RLock()
met = threading.Barrier(2)
def other():
    with b:
        met.wait()
        with a: pass
thread = threading.Thread(target=other)
thread.start()
try:
    with a:
        met.wait()
        signal.setitimer(signal.ITIMER_REAL, LONG)
        with b: pass
except Late:
    pass
thread.join()";

    threads_of_processes_that_fork: "\
import warnings
warnings.simplefilter('ignore')
q = queue.Queue()
threading.Thread(target=q.get).start()
for _ in range(20):
    pid = os.fork()
    if pid == 0:
        thread = threading.Thread(target=time.sleep, args=(0.1,))
        thread.start()
        thread.join()
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
q.put(1)";
}

#[test]
fn virtual_time() {
    if skipped_on_other_python("virtual time") {
        return;
    }
    let source = "\
import queue, threading, time
event, q = threading.Event(), queue.Queue()
threading.Thread(target=q.get).start()
threading.Timer(3600, event.set).start()
event.wait()
import subprocess
subprocess.run(['sleep', '1.7'])
threading.Timer(3600, q.put, (1,)).start()
print('done')
";
    let program = Program::new("virtual.py", source).time(Time::Virtual);
    program.run().succeeded().printed("done\n");
}
