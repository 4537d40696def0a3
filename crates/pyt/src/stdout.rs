//! Printing that survives a closed pipe; what the terminal is like.

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
    from_variable("COLUMNS").or_else(|| positive(size_of_terminal()?.ws_col))
}

/// The rows of the terminal: `LINES`, likewise.
pub(crate) fn rows() -> Option<usize> {
    from_variable("LINES").or_else(|| positive(size_of_terminal()?.ws_row))
}

fn from_variable(name: &str) -> Option<usize> {
    let number = std::env::var(name).ok()?.trim().parse().ok()?;
    (number > 0).then_some(number)
}

fn positive(number: libc::c_ushort) -> Option<usize> {
    (number > 0).then(|| usize::from(number))
}

/// Whether a terminal is to be sent colours: `NO_COLOR` and `TERM=dumb` say that it is not.
pub(crate) fn takes_colour() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    !is_dumb && !is_set("NO_COLOR")
}

fn size_of_terminal() -> Option<libc::winsize> {
    let mut size = libc::winsize {
        ws_row: 0,
        ws_col: 0,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    // SAFETY: TIOCGWINSZ writes one `winsize`, to which the pointer leads. It changes nothing else,
    // and fails where standard output is closed or no terminal.
    let failed = unsafe { libc::ioctl(libc::STDOUT_FILENO, libc::TIOCGWINSZ, &raw mut size) };
    (failed == 0).then_some(size)
}
