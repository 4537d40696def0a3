//! A buffer for what a program writes, which the host can read at any time.

use std::{fmt, io, sync::Arc};

use parking_lot::Mutex;

use super::sink::Sink;

/// What a program has written so far. Clones share one buffer. It grows until its contents are
/// [taken](Self::take).
///
/// ```no_run
/// use pyt_runtime::{Capture, Runtime};
///
/// let output = Capture::new();
/// let runtime = Runtime::builder().stdout(&output).build()?;
/// runtime.exec("print('hello')")?;
/// assert_eq!(output.text(), "hello\n");
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Capture(Arc<Mutex<Vec<u8>>>);

impl Capture {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What was written. Bytes that are not UTF-8 are replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).into_owned()
    }

    /// What was written, byte for byte.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.0.lock().clone()
    }

    /// As [`text`](Self::text); the buffer is empty afterwards.
    #[must_use]
    pub fn take(&self) -> String {
        let bytes = self.take_bytes();
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    }

    /// As [`bytes`](Self::bytes); the buffer is empty afterwards.
    #[must_use]
    pub fn take_bytes(&self) -> Vec<u8> {
        std::mem::take(&mut self.0.lock())
    }

    /// How many bytes are in it.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.lock().len()
    }

    /// Whether nothing was written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture").field("len", &self.len()).finish()
    }
}

impl Sink for Capture {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut buffer = self.0.lock();
        if buffer.try_reserve(bytes.len()).is_err() {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        buffer.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn may_block(&self) -> bool {
        false
    }
}
