//! Runs a Python file in a sandbox, and tells how it ended and what it used.
//!
//! ```sh
//! cargo run --release --ignore-rust-version --package pyt-runtime --example sandbox -- script.py 5
//! ```
//!
//! The number is how many seconds it may take; 1 by default.

use std::{env, fs, process::ExitCode, time::Duration};

use pyt_runtime::{
    ErrorKind, Limits, Runtime,
    sandbox::{self, Sandbox},
};

const SCRIPT: &str = "
import host, os
print('The answer is', host.answer(6, 7))
try:
    open('/etc/passwd')
except PermissionError as error:
    print('Refused:', error)
print('Now for ever:')
sum(range(10 ** 15))
";

fn main() -> ExitCode {
    // The sandbox's process runs this program, too, and stays in this call.
    sandbox::child_main();
    let source = match env::args().nth(1).map(fs::read_to_string) {
        None => SCRIPT.to_owned(),
        Some(Ok(source)) => source,
        Some(Err(error)) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    let seconds = env::args().nth(2).and_then(|number| number.parse().ok());
    let wall = Duration::from_secs(seconds.unwrap_or(1));
    let limits = Limits::new().wall(wall).output(1 << 20);
    let built = Runtime::builder()
        .limits(limits)
        .sandboxed(Sandbox::require().memory(100 << 20))
        .function("host.answer", |(a, b): (i64, i64)| Ok(a * b))
        .build();
    let result = built.and_then(|sandbox| sandbox.exec(&source));
    match result {
        Ok(()) => println!("It ended by itself."),
        Err(error) => match (error.kind(), error.crash()) {
            (ErrorKind::Limit(_), _) => println!("It was ended: {error}."),
            (_, Some(crash)) => println!("It crashed: {crash}."),
            _ => print!("It failed.\n{}", error.traceback()),
        },
    }
    ExitCode::SUCCESS
}
