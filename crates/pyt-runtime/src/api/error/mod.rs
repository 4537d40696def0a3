//! What a host gets when Python code fails.
//!
//! An [`Error`] is text and numbers, may outlive its runtime and may go to any thread. As long as
//! the runtime lives it also keeps the exception itself, so that raising it again in Python raises
//! the same object. [`capture`] makes errors of exceptions, [`raise`] exceptions of errors,
//! [`foreign`] errors of other Rust errors, [`parts`] data of errors for another process.

mod capture;
mod crash;
mod foreign;
mod frame;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub(crate) mod parts;
mod raise;

use std::{
    error::Error as StdError,
    fmt,
    path::Path,
    sync::{Arc, OnceLock},
};

use rustpython_vm::{AsObject, PyObjectRef, VirtualMachine, builtins::PyBaseExceptionRef};
use serde::{Deserialize, Serialize};

pub use self::{crash::Crash, frame::Frame};
use crate::{
    Limit, ThreadInfo, Value,
    control::{StopReason, StopRequest},
};

/// What kind of failure an [`Error`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The runtime has ended: its values cannot be used any more.
    Gone,
    /// A value of one runtime was given to another. Objects do not cross.
    WrongRuntime,
    /// A limit was hit, and all threads were stopped. See [`Limits`](crate::Limits).
    Limit(Limit),
    /// All threads were stopped: by [`Interrupter::stop`](crate::Interrupter::stop), or because the
    /// runtime ended.
    Stopped,
    /// The process of a sandboxed interpreter ended, or broke the protocol and was ended: see
    /// [`Error::crash`].
    Crashed,
    /// A protection that the host requires is not there: the kernel does not offer it.
    Unprotected,
}

/// A failure: an exception that Python code raised, or what kept the code from running.
///
/// As a [`std::error::Error`] its source is the exception's cause.
///
/// Within a [`Function`](crate::Function) the traceback, the frames and the causes are looked up
/// when they are first asked for, so that errors on their way through cost little. They are empty
/// if the runtime has ended by then.
///
/// ```
/// use pyt_runtime::{ErrorKind, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// let error = runtime.exec("def half(n):\n    return n / 0\nhalf(1)").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Exception);
/// assert_eq!(error.to_string(), "ZeroDivisionError: division by zero");
/// let innermost = error.frames().last().unwrap();
/// assert_eq!((innermost.function(), innermost.line()), ("half", Some(2)));
/// assert_eq!(innermost.source_line(), Some("return n / 0"));
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Error(Arc<ErrorData>);

struct ErrorData {
    kind: ErrorKind,
    type_name: String,
    message: String,
    /// What [`fmt::Display`] shows.
    summary: String,
    /// Found at once for an error that goes to the host; within host functions, when asked for.
    details: OnceLock<Details>,
    /// The error number of an `OSError`.
    errno: Option<i32>,
    /// The exception itself, if its runtime is known.
    exception: Option<Value>,
    /// The host's own error that the exception was made of.
    host: Option<Arc<dyn StdError + Send + Sync>>,
    /// Where each thread stood when all were stopped.
    threads: Vec<ThreadInfo>,
    /// Whether it stands for `NotImplemented`.
    not_implemented: bool,
    /// How the interpreter's process ended.
    crash: Option<Arc<Crash>>,
}

/// The parts that are expensive to find out.
#[derive(Clone, Default)]
struct Details {
    traceback: String,
    frames: Vec<Frame>,
    cause: Option<Error>,
}

impl ErrorData {
    fn new(kind: ErrorKind, type_name: &str, message: &str) -> Self {
        Self {
            kind,
            type_name: type_name.to_owned(),
            message: message.to_owned(),
            summary: summary(type_name, message),
            details: OnceLock::new(),
            errno: None,
            exception: None,
            host: None,
            threads: Vec::new(),
            not_implemented: false,
            crash: None,
        }
    }
}

/// The last line of a traceback.
fn summary(type_name: &str, message: &str) -> String {
    match (type_name, message) {
        (name, "") => name.to_owned(),
        ("", message) => message.to_owned(),
        (name, message) => format!("{name}: {message}"),
    }
}

impl Error {
    /// An exception of the class `type_name`, to be raised by a function of the host's: a built-in
    /// class (`"ValueError"`), or one of a module (`"decimal.InvalidOperation"`). If there is no
    /// such class when it is raised, it is a `RuntimeError`.
    ///
    /// ```
    /// # use pyt_runtime::Error;
    /// fn root(n: f64) -> Result<f64, Error> {
    ///     if n < 0.0 {
    ///         return Err(Error::new("ValueError", "math domain error"));
    ///     }
    ///     Ok(n.sqrt())
    /// }
    /// # assert_eq!(root(-1.0).unwrap_err().type_name(), "ValueError");
    /// ```
    #[must_use]
    pub fn new(type_name: &str, message: impl Into<String>) -> Self {
        let message = message.into();
        Self::of(ErrorKind::Exception, type_name, &message)
    }

    /// The end of an iterator, for `__next__` to raise.
    #[must_use]
    pub fn stop_iteration() -> Self {
        Self::new("StopIteration", "")
    }

    /// The result `NotImplemented` of an operator's method: Python then tries the other operand's
    /// (`__radd__` after `__add__`), and raises `TypeError` if that has none either. Anywhere but
    /// as the `Err` of a host function it is that `TypeError`.
    ///
    /// An operator's method whose arguments cannot be converted returns `NotImplemented` by itself.
    ///
    /// ```
    /// # use pyt_runtime::{ClassBuilder, Error, Runtime};
    /// struct Metres(f64);
    ///
    /// let metres = ClassBuilder::<Metres>::new("Metres").init(|n: f64| Metres(n)).method(
    ///     "__add__",
    ///     |metres: &Metres, other: f64| match other >= 0.0 {
    ///         true => Ok(metres.0 + other),
    ///         false => Err(Error::not_implemented()),
    ///     },
    /// );
    /// # let runtime = Runtime::builder().build()?;
    /// runtime.set("Metres", metres)?;
    /// runtime.exec("class Other:\n    def __radd__(self, left): return 'radd'")?;
    /// assert_eq!(runtime.eval::<f64>("Metres(1) + 2")?, 3.0);
    /// assert_eq!(runtime.eval::<String>("Metres(1) + Other()")?, "radd");
    /// assert!(runtime.eval::<f64>("Metres(1) + -2").is_err());
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn not_implemented() -> Self {
        let message = "the operation is not implemented for these operands";
        let mut inner = ErrorData::new(ErrorKind::Exception, "TypeError", message);
        inner.not_implemented = true;
        Self(Arc::new(inner))
    }

    pub(crate) fn is_not_implemented(&self) -> bool {
        self.0.not_implemented
    }

    pub(crate) fn of(kind: ErrorKind, type_name: &str, message: &str) -> Self {
        Self(Arc::new(ErrorData::new(kind, type_name, message)))
    }

    /// The same with `cause` as what it was raised from.
    #[must_use]
    pub fn with_cause(mut self, cause: Self) -> Self {
        let mut details = self.details().clone();
        details.cause = Some(cause);
        self.inner_mut().details = OnceLock::from(details);
        self
    }

    fn inner_mut(&mut self) -> &mut ErrorData {
        if Arc::get_mut(&mut self.0).is_none() {
            let old = &*self.0;
            let copy = ErrorData {
                kind: old.kind,
                type_name: old.type_name.clone(),
                message: old.message.clone(),
                summary: old.summary.clone(),
                details: old.details.clone(),
                errno: old.errno,
                exception: old.exception.clone(),
                host: old.host.clone(),
                threads: old.threads.clone(),
                not_implemented: old.not_implemented,
                crash: old.crash.clone(),
            };
            self.0 = Arc::new(copy);
        }
        match Arc::get_mut(&mut self.0) {
            Some(inner) => inner,
            None => unreachable!("it was made above and has no other reference"),
        }
    }

    fn details(&self) -> &Details {
        let details = &self.0.details;
        if details.get().is_none() {
            // Not within the cell's own lock: this runs Python, which may ask for the same details.
            let found = match &self.0.exception {
                Some(exception) => capture::details_of(exception).unwrap_or_default(),
                None => Details::default(),
            };
            let _ = details.set(found);
        }
        details.get_or_init(Details::default)
    }

    /// What kind of failure this is.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The name of the exception's class, such as `ValueError`. Empty if it is no exception.
    #[must_use]
    pub fn type_name(&self) -> &str {
        &self.0.type_name
    }

    /// `str()` of the exception.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The traceback that CPython would print, causes included, with a newline at its end. Empty if
    /// no Python code raised it.
    #[must_use]
    pub fn traceback(&self) -> &str {
        &self.details().traceback
    }

    /// The calls that the exception went through, the outermost first.
    #[must_use]
    pub fn frames(&self) -> &[Frame] {
        &self.details().frames
    }

    /// The exception that it was raised from (`raise ... from`), or else the one that was being
    /// handled.
    #[must_use]
    pub fn cause(&self) -> Option<&Self> {
        self.details().cause.as_ref()
    }

    /// The exception object. `None` if no Python code raised it.
    #[must_use]
    pub fn value(&self) -> Option<&Value> {
        self.0.exception.as_ref()
    }

    /// Where each thread stood when all were stopped, for the kinds [`Limit`](ErrorKind::Limit) and
    /// [`Stopped`](ErrorKind::Stopped); otherwise empty.
    #[must_use]
    pub fn threads(&self) -> &[ThreadInfo] {
        &self.0.threads
    }

    /// How the interpreter's process ended, for the kind [`Crashed`](ErrorKind::Crashed).
    #[must_use]
    pub fn crash(&self) -> Option<&Crash> {
        self.0.crash.as_deref()
    }

    /// The host's own error that this was made of, if it is a `T`; also if it was raised in Python
    /// in between.
    #[must_use]
    pub fn downcast_ref<T: StdError + 'static>(&self) -> Option<&T> {
        self.0.host.as_deref()?.downcast_ref()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.summary)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Error")
            .field("kind", &self.0.kind)
            .field("summary", &self.0.summary)
            .field("traceback", &self.traceback())
            .finish_non_exhaustive()
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause().map(|cause| cause as _)
    }
}

impl Error {
    pub(crate) fn gone() -> Self {
        Self::of(ErrorKind::Gone, "", "the Python runtime has ended")
    }

    pub(crate) fn wrong_runtime() -> Self {
        let message = "the value belongs to another Python runtime";
        Self::of(ErrorKind::WrongRuntime, "", message)
    }

    /// A setting is out of its range.
    pub(crate) fn option(message: impl Into<String>) -> Self {
        Self::of(ErrorKind::Option, "", &message.into())
    }

    /// All threads were stopped, the one that gets this among them.
    pub(crate) fn stopped(request: Arc<StopRequest>) -> Self {
        match request.reason {
            StopReason::Limit(limit) => Self::limited(limit, request.threads()),
            reason => {
                let mut inner = ErrorData::new(ErrorKind::Stopped, "", &reason.to_string());
                inner.threads = request.threads();
                Self(Arc::new(inner))
            }
        }
    }

    /// The thread was stopped, for a reason that is no longer known.
    pub(crate) fn stopped_before() -> Self {
        Self::of(ErrorKind::Stopped, "", "the thread was stopped")
    }

    pub(crate) fn limited(limit: Limit, threads: Vec<ThreadInfo>) -> Self {
        let mut inner = ErrorData::new(ErrorKind::Limit(limit), "", &limit.to_string());
        inner.threads = threads;
        Self(Arc::new(inner))
    }

    /// A schedule names something that this version does not know.
    pub(crate) fn unusable(message: &str) -> Self {
        Self::of(ErrorKind::File, "", message)
    }

    /// The script at `path` is not the one that a schedule was made for.
    pub(crate) fn changed(path: &Path) -> Self {
        let message = "the script has changed since the schedule was made: explore it again";
        Self::about_file(path, message)
    }

    /// The file at `path` could not be read.
    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        let reason = error.to_string();
        Self::about_file(path, reason.split(" (os error").next().unwrap_or_default())
    }

    fn about_file(path: &Path, message: &str) -> Self {
        let mut inner = ErrorData::new(ErrorKind::File, "", message);
        inner.summary = format!("{}: {message}", path.display());
        Self(Arc::new(inner))
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
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the C library's exit() takes an int: CPython cuts the long down to it"
            )]
            (long as i32, None)
        }
        None => (1, Some(code)),
    }
}
