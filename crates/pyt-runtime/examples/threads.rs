//! A live table of a program's threads: what each does, what it waits for, who holds it.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example threads -- [LOOKS]`

use std::{io::IsTerminal, thread, time::Duration};

use pyt_runtime::{Error, Runtime, ThreadsView};

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

fn main() -> Result<(), Error> {
    let looks = std::env::args().nth(1).and_then(|looks| looks.parse().ok());
    let runtime = Runtime::builder().build()?;
    runtime.exec(PROGRAM)?;
    let mut view = ThreadsView::new();
    for look in 0..looks.unwrap_or(50) {
        thread::sleep(Duration::from_millis(100));
        if look > 0 && std::io::stdout().is_terminal() {
            print!("\x1b[H\x1b[2J");
        }
        print!("{}", view.render(&runtime.threads(), 110, 20));
    }
    runtime.shutdown(Duration::from_millis(100))?;
    Ok(())
}
