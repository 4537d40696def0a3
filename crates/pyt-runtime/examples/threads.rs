//! A live table of a program's threads: what each does, what it waits for, who holds it.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example threads -- [LOOKS]`

use std::{io::IsTerminal, thread, time::Duration};

use pyt_runtime::{Error, Runtime, ThreadInfo, ThreadState};

/// A program with something to see.
const PROGRAM: &str = "
import queue, threading, time

work, lock = queue.Queue(), threading.Lock()

def produce():
    for number in range(1000):
        work.put(number)
        time.sleep(0.05)

def consume():
    while True:
        work.get()
        with lock:
            time.sleep(0.08)

def compute():
    while True:
        sum(range(1000))

for job, names in (produce, ['producer']), (consume, ['consumer-1', 'consumer-2']), (compute, ['computer']):
    for name in names:
        threading.Thread(target=job, name=name, daemon=True).start()
";

fn state(thread: &ThreadInfo) -> String {
    match thread.state() {
        ThreadState::Waiting(wait) => {
            let holder = wait
                .holder()
                .map_or(String::new(), |by| format!(", held by {by}"));
            format!("waits for {}{holder}", wait.kind())
        }
        other => format!("{other:?}").to_lowercase(),
    }
}

fn main() -> Result<(), Error> {
    let looks = std::env::args().nth(1).and_then(|looks| looks.parse().ok());
    let runtime = Runtime::builder().build()?;
    runtime.exec(PROGRAM)?;
    for look in 0..looks.unwrap_or(50) {
        thread::sleep(Duration::from_millis(100));
        if look > 0 && std::io::stdout().is_terminal() {
            print!("\x1b[H\x1b[2J");
        }
        println!("{:<12} {:<44} in", "thread", "state");
        for thread in runtime.threads() {
            let place = thread.stack().last();
            let place = place.map_or(String::new(), |at| {
                format!("{}, line {}", at.function, at.line)
            });
            println!("{:<12} {:<44} {place}", thread.name(), state(&thread));
        }
    }
    runtime.shutdown(Duration::from_millis(100))?;
    Ok(())
}
