//! Event loops of asyncio that wait for ever, and others that only wait long.

use pyt_test::{CompletedProcess, skipped_on_other_python};

use crate::{program, with_and_without_gil};

/// Runs `source` with and without the GIL; it must be ended with exit status 3, after a report with
/// these lines.
fn aborted(name: &str, source: &str, lines: &[&str]) {
    if cfg!(not(target_os = "linux")) || skipped_on_other_python("a report of deadlocks") {
        return;
    }
    let flags = ["-X", "deadlock=abort"];
    let runs = with_and_without_gil(|gil| program(name, source, gil, &flags).run());
    for run in &runs {
        run.exited_with(3);
        assert_eq!(run.stderr.matches("pyt: deadlock:").count(), 1, "{run}");
        for line in lines {
            let mut all = run.stderr.lines().map(str::trim);
            assert!(all.any(|found| found.starts_with(line)), "{line}: {run}");
        }
    }
}

/// Runs `source`, which prints `done`, with and without the GIL: no report may end it.
fn silent(name: &str, source: &str) {
    let flags = ["-X", "deadlock=abort"];
    let ended = |run: &CompletedProcess| {
        run.succeeded().printed("done\n");
    };
    let runs = with_and_without_gil(|gil| program(name, source, gil, &flags).run());
    runs.iter().for_each(ended);
}

#[test]
fn tasks_that_wait_for_locks_of_one_another() {
    let source = "\
import asyncio
async def both(one, other):
    async with one:
        await asyncio.sleep(0)
        async with other:
            pass
async def main():
    left, right = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(both(left, right), both(right, left))
print('before')
asyncio.run(main())
";
    let lines = [
        "MainThread  I/O or a call in its event loop",
        "Tasks of its event loop:",
        "Task-1 (main) awaits all of: the end of Task-2 (both), the end of Task-3 (both)",
        "Task-2 (both) awaits the lock other",
        "in both at tasks_locks.py:5: async with other:",
        "Task-3 (both) awaits the lock other",
    ];
    aborted("tasks_locks", source, &lines);
}

#[test]
fn a_result_that_the_loop_waits_for_itself() {
    let source = "\
import asyncio
async def work():
    return 1
async def main():
    loop = asyncio.get_running_loop()
    asyncio.run_coroutine_threadsafe(work(), loop).result()
asyncio.run(main())
";
    let lines = [
        "MainThread  future 1",
        "Task-1 (main) awaits nothing: it keeps its loop from going on",
        "in main at own_result.py:6:",
    ];
    aborted("own_result", source, &lines);
}

#[test]
fn a_join_that_keeps_the_loop_from_answering() {
    let source = "\
import asyncio, threading
async def answer():
    return 42
async def main():
    loop = asyncio.get_running_loop()
    def ask():
        asyncio.run_coroutine_threadsafe(answer(), loop).result()
    thread = threading.Thread(target=ask, name='asker')
    thread.start()
    thread.join()
asyncio.run(main())
";
    let lines = [
        "MainThread  the end of asker",
        "asker       future 1",
        "Task-1 (main) awaits nothing: it keeps its loop from going on",
    ];
    aborted("join_in_loop", source, &lines);
}

#[test]
fn workers_whose_producer_has_gone() {
    let source = "\
import asyncio
async def worker(jobs):
    while True:
        await jobs.get()
async def main():
    jobs = asyncio.Queue()
    await asyncio.gather(*(worker(jobs) for _ in range(2)))
asyncio.run(main())
";
    let lines = ["Task-2 (worker) awaits an item from jobs"];
    aborted("no_producer", source, &lines);
}

#[test]
fn a_loop_in_another_thread_than_the_main_one() {
    let source = "\
import asyncio, threading
async def both(one, other):
    async with one:
        await asyncio.sleep(0)
        async with other:
            pass
async def main():
    left, right = asyncio.Lock(), asyncio.Lock()
    await asyncio.gather(both(left, right), both(right, left))
thread = threading.Thread(target=lambda: asyncio.run(main()), name='looping')
thread.start()
thread.join()
";
    let lines = [
        "MainThread  the end of looping",
        "looping     I/O or a call in its event loop",
        "Task-2 (both) awaits the lock other",
    ];
    aborted("loop_in_thread", source, &lines);
}

#[test]
fn work_in_an_executor_that_takes_long() {
    silent(
        "slow_executor",
        "\
import asyncio, time
async def main():
    await asyncio.to_thread(time.sleep, 2.6)
    print('done')
asyncio.run(main())
",
    );
}

#[test]
fn a_loop_that_is_there_for_ctrl_c() {
    silent(
        "parked_loop",
        "\
import asyncio, os, subprocess
async def worker(jobs):
    while True:
        await jobs.get()
async def main():
    jobs = asyncio.Queue()
    task = asyncio.create_task(worker(jobs))
    subprocess.Popen(['sh', '-c', f'sleep 2.6; kill -INT {os.getpid()}'])
    await asyncio.Event().wait()
try:
    asyncio.run(main())
except KeyboardInterrupt:
    print('done')
",
    );
}

#[test]
fn a_loop_that_a_signal_handler_wakes() {
    silent(
        "signalled_loop",
        "\
import asyncio, os, signal, subprocess
async def main():
    loop = asyncio.get_running_loop()
    first, second = asyncio.Event(), asyncio.Event()
    loop.add_signal_handler(signal.SIGUSR1, first.set)
    async def wait_twice():
        await first.wait()
        second.set()
    task = asyncio.create_task(wait_twice())
    subprocess.Popen(['sh', '-c', f'sleep 2.6; kill -USR1 {os.getpid()}'])
    await asyncio.gather(task, second.wait())
    print('done')
asyncio.run(main())
",
    );
}

#[test]
fn calls_of_another_thread_that_come_late() {
    silent(
        "late_calls",
        "\
import asyncio, subprocess, threading
async def main():
    loop = asyncio.get_running_loop()
    done, other = loop.create_future(), loop.create_future()
    def later():
        subprocess.run(['sleep', '2.6'])
        loop.call_soon_threadsafe(done.set_result, None)
        loop.call_soon_threadsafe(other.set_result, None)
    threading.Thread(target=later).start()
    await asyncio.gather(asyncio.wait([done]), asyncio.wait([other]))
    print('done')
asyncio.run(main())
",
    );
}

#[test]
fn a_server_without_clients_for_a_while() {
    silent(
        "idle_server",
        "\
import asyncio, subprocess, sys
async def main():
    came = asyncio.Event()
    async def serve(reader, writer):
        came.set()
        writer.close()
    server = await asyncio.start_server(serve, '127.0.0.1', 0)
    port = server.sockets[0].getsockname()[1]
    code = f'import time, socket; time.sleep(2.6); socket.create_connection((\"127.0.0.1\", {port}))'
    child = subprocess.Popen([sys.executable, '-c', code])
    await came.wait()
    server.close()
    child.wait()
    print('done')
asyncio.run(main())
",
    );
}
