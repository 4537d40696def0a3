//! Entering a runtime for code that may fail: what it raises becomes an [`Error`].

use std::sync::Arc;

use pyt_vm::{control::shielded, panics};
use rustpython_vm::PyResult;

use super::{
    error::Error,
    python::Python,
    runtime_core::{Gone, RuntimeCore},
};

/// Enters, runs `f`, and makes an [`Error`] of what it raises. A panic of the interpreter's is a
/// `SystemError`. It is an error, too, if a limit of the runtime's was exceeded.
pub(crate) fn attempt<R>(
    core: &Arc<RuntimeCore>,
    f: impl FnOnce(Python<'_>) -> PyResult<R>,
) -> Result<R, Error> {
    let entered = core.enter_limited(|vm| {
        let py = Python::new(vm, core);
        panics::contained(vm, || f(py)).map_err(|raised| {
            // A thread that is being stopped cannot run the code that describes an exception.
            let stopped = core.stopped(&raised, vm);
            stopped
                .or_else(|| core.recursed(&raised, vm))
                .unwrap_or_else(|| shielded(|| Error::caught(py, &raised)))
        })
    });
    match entered {
        Ok((Ok(_), Some(stop))) => Err(Error::stopped(stop)),
        Ok((result, _)) => result,
        Err(Gone) => Err(Error::gone()),
    }
}

impl Python<'_> {
    /// Runs `f` inside, also if the thread has entered another runtime meanwhile.
    pub(crate) fn attempt<R>(self, f: impl FnOnce(Python<'_>) -> PyResult<R>) -> Result<R, Error> {
        attempt(self.core(), f)
    }
}
