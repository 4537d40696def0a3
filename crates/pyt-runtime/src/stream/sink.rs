//! What takes a program's output, and the sinks that need no more than a few lines.

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

/// Takes what a program writes. Called from any thread, outside the interpreter if it may block.
pub(crate) trait Sink: Send + Sync {
    /// Takes some of `bytes`, and says how many.
    fn write(&self, bytes: &[u8]) -> io::Result<usize>;

    /// The program, on the calling thread, wants what it wrote to have arrived.
    fn flush(&self) -> io::Result<()> {
        Ok(())
    }

    /// Nothing more will come from any thread.
    fn finish(&self) {}

    /// Whether other threads shall run Python during a call.
    fn may_block(&self) -> bool {
        true
    }

    /// Whether the calling thread has left something behind that has to be
    /// [passed on](Self::thread_ends) when it ends. True once for each thread.
    fn has_new_tail(&self) -> bool {
        false
    }

    /// The Python thread with this identity ends.
    fn thread_ends(&self, _thread: ThreadId) {}
}

/// Takes everything and keeps nothing.
pub(super) struct NullSink;

impl Sink for NullSink {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn may_block(&self) -> bool {
        false
    }
}

/// The process's own stream, by way of the standard library.
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
        // Whoever reads it is gone: there is nobody to tell.
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
        // There is no program left to tell.
        let _ = self.flush();
    }
}
