//! Threads that act on Python threads from outside of the interpreter.

use pyt_vm::deadlock::CONTROL_THREAD;

/// Runs `work` on a thread of its own. Returns false if the system refuses one more thread: then
/// `work` does not run.
pub(crate) fn spawn_control_thread(work: impl FnOnce() + Send + 'static) -> bool {
    std::thread::Builder::new()
        .name(CONTROL_THREAD.to_owned())
        .spawn(work)
        .is_ok()
}
