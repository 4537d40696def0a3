//! The receivers of a program's output: the trait, and the simple implementations.

use std::{
    cell::RefCell,
    io::{self, Write},
    sync::Arc,
};

use parking_lot::ReentrantMutex;
use pyt_sched::ThreadId;

/// One of the two streams that programs write to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StreamName {
    Stdout,
    Stderr,
}

/// Receives what a program writes. Called from any thread, detached from the interpreter if it may
/// block.
pub(crate) trait Sink: Send + Sync {
    /// Writes some of `bytes`, and returns how many.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// The program flushes on the calling thread.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// No thread will write any more.
    fn finish(&self) {}

    /// Whether the calling thread is to be detached during a call.
    fn may_block(&self) -> bool {
        true
    }

    /// Whether the sink keeps text of the calling thread, so that
    /// [`thread_ends`](Self::thread_ends) must be called when the thread ends. True once for each
    /// thread.
    fn has_new_tail(&self) -> bool {
        false
    }

    /// The Python thread with this identity ends.
    fn thread_ends(&self, _thread: ThreadId) {}
}

/// Discards everything.
pub(super) struct NullSink;

impl Sink for NullSink {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn may_block(&self) -> bool {
        false
    }
}

/// The process's own stream, written by Rust's standard library.
pub(super) enum ProcessSink {
    Stdout,
    Stderr,
}

impl ProcessSink {
    pub(super) const fn of(name: StreamName) -> Self {
        match name {
            StreamName::Stdout => Self::Stdout,
            StreamName::Stderr => Self::Stderr,
        }
    }
}

impl Sink for ProcessSink {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Stdout => io::stdout().write(bytes),
            Self::Stderr => io::stderr().write(bytes),
        }
    }

    fn flush(&self) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().flush(),
            Self::Stderr => io::stderr().flush(),
        }
    }

    fn finish(&self) {
        // The interpreter has ended, so an error cannot be raised.
        let _ = self.flush();
    }
}

/// A writer of the host's.
#[derive(Clone)]
pub(super) struct WriterSink(Arc<ReentrantMutex<RefCell<dyn Write + Send>>>);

impl WriterSink {
    pub(super) fn new(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(ReentrantMutex::new(RefCell::new(writer))))
    }

    fn with<R>(&self, f: impl FnOnce(&mut dyn Write) -> io::Result<R>) -> io::Result<R> {
        let writer = self.0.lock();
        match writer.try_borrow_mut() {
            Ok(mut writer) => f(&mut *writer),
            Err(_) => Err(io::Error::new(
                io::ErrorKind::Deadlock,
                "the host's writer wrote to itself",
            )),
        }
    }
}

impl Sink for WriterSink {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        self.with(|writer| writer.write(bytes))
    }

    fn flush(&self) -> io::Result<()> {
        self.with(|writer| writer.flush())
    }

    fn finish(&self) {
        // The interpreter has ended, so an error cannot be raised.
        let _ = self.flush();
    }
}
