//! Errors of the host's, as exceptions of the class that Python would raise for them.

use std::{
    error::Error as StdError,
    io,
    num::{ParseFloatError, ParseIntError, TryFromIntError},
    str::Utf8Error,
    string::FromUtf8Error,
    sync::{Arc, OnceLock},
};

use super::{Details, Error, ErrorData, ErrorKind};

/// How many sources are followed at most.
const MAX_CAUSES: usize = 32;

impl Error {
    /// An exception made of any error of the host's: `OSError` for an [`io::Error`], `ValueError`
    /// for what could not be parsed, else `RuntimeError`. Its sources become causes.
    ///
    /// [`Error::downcast_ref`] has the original back.
    #[must_use]
    pub fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        let error: Box<dyn StdError + Send + Sync> = error.into();
        match error.downcast::<Self>() {
            Ok(error) => *error,
            Err(error) => Self::from_host(error),
        }
    }

    fn from_host(error: Box<dyn StdError + Send + Sync>) -> Self {
        let mut inner = describe(&*error);
        inner.host = Some(Arc::from(error));
        Self(Arc::new(inner))
    }
}

/// The description of `error`, with its sources as causes.
fn describe(error: &(dyn StdError + 'static)) -> ErrorData {
    let mut chain: Vec<&(dyn StdError + 'static)> = Vec::new();
    let mut next = error.source();
    while let Some(source) = next.filter(|_| chain.len() < MAX_CAUSES) {
        chain.push(source);
        next = source.source();
    }
    let mut cause = None;
    for source in chain.into_iter().rev() {
        let next = match source.downcast_ref::<Error>() {
            // It has causes of its own.
            Some(known) => known.clone(),
            None => {
                let mut inner = describe_one(source);
                inner.details = details_with(cause.take());
                Error(Arc::new(inner))
            }
        };
        cause = Some(next);
    }
    let mut inner = describe_one(error);
    inner.details = details_with(cause);
    inner
}

fn details_with(cause: Option<Error>) -> OnceLock<Details> {
    OnceLock::from(Details {
        cause,
        ..Details::default()
    })
}

fn describe_one(error: &(dyn StdError + 'static)) -> ErrorData {
    let mut inner = ErrorData::new(ErrorKind::Exception, class_name(error), &error.to_string());
    if let Some(number) = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::raw_os_error)
    {
        let text = inner.message.split(" (os error").next();
        inner.message = text.unwrap_or_default().to_owned();
        inner.errno = Some(number);
    }
    inner
}

fn class_name(error: &(dyn StdError + 'static)) -> &'static str {
    if let Some(error) = error.downcast_ref::<io::Error>() {
        return match error.kind() {
            io::ErrorKind::NotFound => "FileNotFoundError",
            io::ErrorKind::PermissionDenied => "PermissionError",
            io::ErrorKind::AlreadyExists => "FileExistsError",
            io::ErrorKind::TimedOut => "TimeoutError",
            io::ErrorKind::WouldBlock => "BlockingIOError",
            io::ErrorKind::BrokenPipe => "BrokenPipeError",
            io::ErrorKind::ConnectionRefused => "ConnectionRefusedError",
            io::ErrorKind::ConnectionReset => "ConnectionResetError",
            io::ErrorKind::ConnectionAborted => "ConnectionAbortedError",
            io::ErrorKind::Interrupted => "InterruptedError",
            io::ErrorKind::UnexpectedEof => "EOFError",
            _ => "OSError",
        };
    }
    let is_about_a_value = error.is::<ParseIntError>()
        || error.is::<ParseFloatError>()
        || error.is::<Utf8Error>()
        || error.is::<FromUtf8Error>();
    match () {
        () if is_about_a_value => "ValueError",
        () if error.is::<TryFromIntError>() => "OverflowError",
        () => "RuntimeError",
    }
}

macro_rules! from_host {
    ($($error:ty),*) => {$(
        impl From<$error> for Error {
            fn from(error: $error) -> Self {
                Self::from_host(Box::new(error))
            }
        }
    )*};
}

from_host!(
    io::Error,
    ParseIntError,
    ParseFloatError,
    TryFromIntError,
    Utf8Error,
    FromUtf8Error,
    std::fmt::Error,
    std::sync::mpsc::RecvError,
    std::sync::mpsc::RecvTimeoutError
);

impl From<Box<dyn StdError + Send + Sync>> for Error {
    fn from(error: Box<dyn StdError + Send + Sync>) -> Self {
        Self::other(error)
    }
}

/// A `RuntimeError`.
impl From<String> for Error {
    fn from(message: String) -> Self {
        Self::new("RuntimeError", message)
    }
}

/// A `RuntimeError`.
impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new("RuntimeError", message)
    }
}

impl From<crate::OptionError> for Error {
    fn from(error: crate::OptionError) -> Self {
        Self::of(ErrorKind::Option, "", &error.to_string())
    }
}
