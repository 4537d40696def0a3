//! An error as plain data, for another process, and back.
//!
//! The exception itself and the host's own error stay behind.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::{Details, Error, ErrorData, ErrorKind, Frame, crash::Crash, summary};

/// How many causes are passed on, or taken, at most.
const MAX_CHAIN: usize = 32;

/// How many frames of one exception are passed on at most: the outermost and innermost ones.
const MAX_FRAMES: usize = 256;

/// How long a text of an error may be that is passed on, in bytes. The rest is cut off.
const MAX_TEXT: usize = 64 << 10;

/// An error and its causes, the error first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ErrorParts(Vec<ErrorPart>);

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ErrorPart {
    kind: ErrorKind,
    type_name: String,
    message: String,
    traceback: String,
    frames: Vec<FramePart>,
    errno: Option<i32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FramePart {
    file: String,
    line: Option<u32>,
    function: String,
    source_line: Option<String>,
}

/// How long a text of a frame may be that is passed on, in bytes.
const MAX_FRAME_TEXT: usize = 1 << 10;

/// `text`, not longer than an error's text may be.
fn cut(text: &str) -> String {
    cut_to(text, MAX_TEXT)
}

fn cut_to(text: &str, most: usize) -> String {
    let mut end = text.len().min(most);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].to_owned()
}

impl Error {
    /// The error as data. Long texts are cut off.
    pub(crate) fn to_parts(&self) -> ErrorParts {
        let chain = std::iter::successors(Some(self), |error| error.cause());
        ErrorParts(chain.take(MAX_CHAIN).map(Self::part).collect())
    }

    fn part(&self) -> ErrorPart {
        let frames = self.frames();
        let (first, last) = match frames.len().checked_sub(MAX_FRAMES) {
            None => (frames, &frames[..0]),
            Some(_) => (
                &frames[..MAX_FRAMES / 2],
                &frames[frames.len() - MAX_FRAMES / 2..],
            ),
        };
        let frames = first.iter().chain(last).map(|frame| FramePart {
            file: cut_to(&frame.file, MAX_FRAME_TEXT),
            line: frame.line,
            function: cut_to(&frame.function, MAX_FRAME_TEXT),
            source_line: frame
                .source_line
                .as_deref()
                .map(|line| cut_to(line, MAX_FRAME_TEXT)),
        });
        ErrorPart {
            kind: self.kind(),
            type_name: cut(self.type_name()),
            message: cut(self.message()),
            traceback: cut(self.traceback()),
            frames: frames.collect(),
            errno: self.0.errno,
        }
    }

    /// The error that the data describes. `None` if it describes none.
    pub(crate) fn from_parts(parts: ErrorParts) -> Option<Self> {
        let mut cause = None;
        let chain = parts.0;
        if chain.len() > MAX_CHAIN {
            return None;
        }
        for part in chain.into_iter().rev() {
            let mut inner = ErrorData::new(part.kind, &part.type_name, &part.message);
            inner.errno = part.errno;
            let frames = part.frames.into_iter().map(|frame| Frame {
                file: frame.file,
                line: frame.line,
                function: frame.function,
                source_line: frame.source_line,
            });
            inner.details = OnceLock::from(Details {
                traceback: part.traceback,
                frames: frames.collect(),
                cause: cause.take(),
            });
            cause = Some(Self(Arc::new(inner)));
        }
        cause
    }

    /// A protection is missing.
    pub(crate) fn unprotected(message: &str) -> Self {
        Self::of(ErrorKind::Unprotected, "", message)
    }

    /// The interpreter's process ended when it was not to.
    pub(crate) fn crashed(crash: Crash) -> Self {
        let mut inner = ErrorData::new(ErrorKind::Crashed, "", &crash.to_string());
        inner.summary = summary("", &inner.message);
        inner.crash = Some(Arc::new(crash));
        Self(Arc::new(inner))
    }
}
