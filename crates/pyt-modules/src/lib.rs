//! The native Python modules of pyt, and the bridge between them and `pyt-sched`.

use rustpython_vm::{
    Interpreter, InterpreterBuilder, VirtualMachine, builtins::PyBaseExceptionRef,
};

/// How the threads of one interpreter are scheduled.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether one thread at a time runs Python (the simulated GIL).
    pub gil: bool,
    /// Whether sleeps and timeouts pass at once, on a virtual clock.
    pub virtual_time: bool,
}

/// The threads of one interpreter: the scheduler, and what connects it to the VM.
pub struct Session {
    _config: Config,
}

/// Puts pyt's native modules in the place of upstream's. Call it last on the builder.
#[must_use]
pub fn install(builder: InterpreterBuilder, config: Config) -> (InterpreterBuilder, Session) {
    (builder, Session { _config: config })
}

impl Session {
    /// Enters `interpreter` on the calling thread as its main thread, runs `f`, and leaves.
    pub fn enter<R>(&self, interpreter: &Interpreter, f: impl FnOnce(&VirtualMachine) -> R) -> R {
        interpreter.enter(f)
    }

    /// Ends the interpreter as CPython does and returns the exit status: joins non-daemon
    /// threads, runs `atexit`, stops daemon threads where they stand, flushes the buffers.
    pub fn finalize(self, interpreter: Interpreter, error: Option<PyBaseExceptionRef>) -> u32 {
        interpreter.finalize(error)
    }

    /// Idents (as in `threading.get_ident()`) of the daemon threads that are alive.
    pub fn daemon_threads(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Stops the given daemon threads where they stand, for good. Call it attached, on the main
    /// thread. Threads that are not daemons, or not alive, are left alone.
    pub fn stop_daemon_threads(&self, _vm: &VirtualMachine, _idents: &[u64]) {}
}
