//! What a host gets when Python code fails.
//!
//! An [`Error`] is plain text and numbers: it holds no Python object, so it may outlive its
//! runtime and cross threads.

use rustpython_vm::{
    AsObject, PyObjectRef, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr},
};

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The source is not valid Python.
    Syntax,
    /// The code ended itself by `SystemExit`, with this exit status.
    Exit(i32),
    /// `KeyboardInterrupt` was raised.
    Interrupted,
    /// Any other exception.
    Exception,
    /// A setting is out of its range; no interpreter was made.
    Option,
    /// A file could not be read or written.
    File,
}

/// A failure of Python code, as text.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{summary}")]
pub struct Error {
    kind: ErrorKind,
    summary: String,
    type_name: String,
    message: String,
    traceback: String,
}

impl Error {
    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The name of the exception's class, such as `ValueError`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.type_name
    }

    /// `str()` of the exception.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The traceback that CPython would print, with a newline at its end. Empty for
    /// [`ErrorKind::Option`].
    #[must_use]
    pub fn traceback(&self) -> &str {
        &self.traceback
    }

    /// Takes down what `exception` says. Runs Python code (`__str__`, `traceback`).
    #[must_use]
    pub fn from_exception(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> Self {
        let types = &vm.ctx.exceptions;
        let kind = if exception.fast_isinstance(types.system_exit) {
            ErrorKind::Exit(exit_status(vm, exception).0)
        } else if exception.fast_isinstance(types.keyboard_interrupt) {
            ErrorKind::Interrupted
        } else if exception.fast_isinstance(types.syntax_error) {
            ErrorKind::Syntax
        } else {
            ErrorKind::Exception
        };
        let type_name = exception.class().name().to_string();
        let message = exception.as_object().str(vm).map_or_else(
            |_| "<exception str() failed>".to_owned(),
            |text| text.to_string_lossy().into_owned(),
        );
        let traceback = format_traceback(vm, exception);
        let summary = if message.is_empty() {
            type_name.clone()
        } else {
            format!("{type_name}: {message}")
        };
        Self {
            kind,
            summary,
            type_name,
            message,
            traceback,
        }
    }
}

impl Error {
    /// A setting is out of its range.
    pub(crate) fn option(message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            kind: ErrorKind::Option,
            summary: message.clone(),
            type_name: String::new(),
            message,
            traceback: String::new(),
        }
    }

    /// A schedule says what this program does not know.
    pub(crate) fn unusable(message: &str) -> Self {
        Self {
            kind: ErrorKind::File,
            summary: message.to_owned(),
            type_name: String::new(),
            message: message.to_owned(),
            traceback: String::new(),
        }
    }

    /// The script at `path` is not the one that a schedule was made for.
    pub(crate) fn changed(path: &std::path::Path) -> Self {
        let message = "the script has changed since the schedule was made: explore it again";
        Self {
            kind: ErrorKind::File,
            summary: format!("{}: {message}", path.display()),
            type_name: String::new(),
            message: message.to_owned(),
            traceback: String::new(),
        }
    }

    /// The file at `path` could not be read.
    pub(crate) fn unreadable(path: &std::path::Path, error: &std::io::Error) -> Self {
        let reason = error.to_string();
        let reason = reason.split(" (os error").next().unwrap_or_default();
        Self {
            kind: ErrorKind::File,
            summary: format!("{}: {reason}", path.display()),
            type_name: String::new(),
            message: reason.to_owned(),
            traceback: String::new(),
        }
    }
}

impl From<crate::OptionError> for Error {
    fn from(error: crate::OptionError) -> Self {
        Self {
            kind: ErrorKind::Option,
            summary: error.to_string(),
            type_name: String::new(),
            message: error.to_string(),
            traceback: String::new(),
        }
    }
}

/// The traceback as `traceback` formats it; the interpreter's own plainer one if that fails.
fn format_traceback(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> String {
    let formatted = || {
        let format = vm
            .import("traceback", 0)?
            .get_attr("format_exception", vm)?;
        let lines = format.call((PyObjectRef::from(exception.clone()),), vm)?;
        vm.call_method(vm.ctx.new_str("").as_object(), "join", (lines,))
    };
    if let Ok(text) = formatted()
        && let Some(text) = text.downcast_ref::<PyStr>()
    {
        return text.to_string_lossy().into_owned();
    }
    let mut plain = String::new();
    match vm.write_exception(&mut plain, exception) {
        Ok(()) => plain,
        Err(_) => format!("{}\n", exception.class().name()),
    }
}

/// The exit status that `SystemExit` asks for, and what to print on standard error for it.
///
/// As in CPython: nothing or `None` is 0, an integer is itself (those beyond a C `long` are -1),
/// anything else is printed and means 1.
pub(crate) fn exit_status(
    vm: &VirtualMachine,
    exit: &PyBaseExceptionRef,
) -> (i32, Option<PyObjectRef>) {
    use rustpython_vm::builtins::PyInt;
    let code = exit
        .as_object()
        .get_attr("code", vm)
        .unwrap_or_else(|_| exit.as_object().to_owned());
    if vm.is_none(&code) {
        return (0, None);
    }
    match code.downcast_ref::<PyInt>() {
        Some(number) => {
            let long = i64::try_from(number.as_bigint()).unwrap_or(-1);
            // The C library's exit() takes an int: CPython cuts the long down to it.
            #[allow(clippy::cast_possible_truncation)]
            (long as i32, None)
        }
        None => (1, Some(code)),
    }
}
