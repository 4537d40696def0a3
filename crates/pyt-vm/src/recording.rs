//! What a recording of an interpreter's threads learns of the interpreter: primitives that are
//! made, exceptions that end threads, the end of the process.
//!
//! How it is recorded is not known here. While nothing in the process is recorded, this costs one
//! load where a primitive is made.

use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicBool, Ordering},
};

use super::state::InterpreterState;

/// Something that records the threads of an interpreter.
pub trait Recording: Send + Sync {
    /// A primitive was made at this address, by the calling thread.
    fn made(&self, object: usize);

    /// This exception has left the calling thread, in words.
    fn raised(&self, exception: &str);

    /// The program's handler of this signal is about to run on the calling thread.
    fn handles(&self, signal: i32);

    /// The process is about to end without the interpreter's end. Blocks until what is recorded is
    /// written.
    fn process_ends(&self);
}

/// Whether any interpreter of the process was ever recorded.
static ANY: AtomicBool = AtomicBool::new(false);

#[derive(Default)]
struct RecordingSlot(OnceLock<Arc<dyn Recording>>);

/// Whether there is or was a recording in this process.
#[inline]
pub(crate) fn any() -> bool {
    ANY.load(Ordering::Relaxed)
}

impl InterpreterState {
    /// Has `recording` learn of these things from now on. Only the first one counts.
    pub fn record_with(&self, recording: Arc<dyn Recording>) {
        self.slot::<RecordingSlot>().0.get_or_init(|| recording);
        ANY.store(true, Ordering::SeqCst);
    }

    /// What records this interpreter's threads.
    #[must_use]
    pub fn recording(&self) -> Option<&Arc<dyn Recording>> {
        if any() {
            self.slot::<RecordingSlot>().0.get()
        } else {
            None
        }
    }
}
