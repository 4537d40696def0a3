//! Scripts that do not end by themselves, and how they are made to: limits, and an interruption.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example limits`

use std::{thread, time::Duration};

use pyt_runtime::{Error, ErrorKind, Limits, Runtime};

/// What goes wrong with scripts of strangers.
const SCRIPTS: [(&str, &str); 4] = [
    (
        "a loop that catches everything",
        "
while True:
    try:
        while True: pass
    except BaseException: pass
",
    ),
    (
        "a thread that waits for ever",
        "
import threading
threading.Thread(target=threading.Event().wait, name='forgotten').start()
threading.Event().wait()
",
    ),
    (
        "recursion",
        "
def down(n): return down(n + 1)
down(0)
",
    ),
    ("a script that is well", "print('fine')"),
];

fn main() -> Result<(), Error> {
    let runtime = Runtime::builder().build()?;
    let limits = Limits::new()
        .wall(Duration::from_millis(500))
        .grace(Duration::from_millis(50))
        .recursion(500);
    for (what, script) in SCRIPTS {
        match runtime.with_limits(&limits, |py| py.exec(script)).flatten() {
            Ok(()) => println!("{what}: done"),
            Err(error) => {
                println!("{what}: {error}");
                for thread in error.threads() {
                    let at = thread.stack().last();
                    let at = at.map_or(String::new(), |frame| format!(" in {}", frame.function));
                    println!("    {} stood{at}", thread.name());
                }
            }
        }
    }

    // From any thread: an exception in the main thread, which waits.
    let interrupter = runtime.interrupter();
    thread::scope(|scope| {
        scope.spawn(move || {
            thread::sleep(Duration::from_millis(300));
            interrupter.interrupt();
        });
        let error = runtime.exec("import time\ntime.sleep(1e9)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Interrupted);
        println!("a long sleep: {error}");
    });
    runtime.finish();
    Ok(())
}
