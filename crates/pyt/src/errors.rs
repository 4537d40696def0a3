//! Errors as users see them.

use std::path::Path;

use pyt_runtime::Error;

/// The text of an error of the runtime: the message and the traceback.
pub(crate) fn error_text(error: Error) -> String {
    format!("{error}\n{}", error.traceback())
        .trim_end()
        .to_owned()
}

/// The text of an error of the system, without its number.
pub(crate) fn io_error_text(error: &std::io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    text.to_owned()
}

/// Checks that a file can be written, before the work whose result it is to take. It is made if
/// there is none.
///
/// # Errors
/// The reason that it cannot.
pub(crate) fn can_be_written(file: &Path) -> Result<(), String> {
    let opened = std::fs::File::options()
        .append(true)
        .create(true)
        .open(file);
    opened
        .map(drop)
        .map_err(|error| format!("{}: {}", file.display(), io_error_text(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_of_the_system_have_no_number() {
        let error = std::io::Error::from_raw_os_error(libc::ENOENT);
        assert_eq!(io_error_text(&error), "No such file or directory");
        assert_eq!(io_error_text(&std::io::Error::other("full")), "full");
    }
}
