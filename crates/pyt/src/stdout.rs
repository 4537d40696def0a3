//! Printing that survives a closed pipe; the width of the terminal.

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

/// The columns of the terminal that standard output is: `COLUMNS` if it is set, as in CPython's
/// `shutil.get_terminal_size`. `None` if it is no terminal.
pub(crate) fn width() -> Option<usize> {
    let from_variable = std::env::var("COLUMNS").ok();
    let from_variable = from_variable.and_then(|columns| columns.trim().parse().ok());
    from_variable
        .filter(|&columns| columns > 0)
        .or_else(of_terminal)
}

fn of_terminal() -> Option<usize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCGWINSZ writes one `winsize`, to which the pointer leads. It changes nothing else,
    // and fails where standard output is closed or no terminal.
    let failed = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (failed == 0 && size.ws_col > 0).then(|| usize::from(size.ws_col))
}
