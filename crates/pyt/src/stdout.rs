//! Printing that survives a closed pipe.

use std::io::Write;

/// Writes to standard output. A reader that has gone away is no error. Returns the exit status.
pub(crate) fn print(text: &str) -> i32 {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pyt: cannot write to standard output: {error}");
            1
        }
        _ => 0,
    }
}
