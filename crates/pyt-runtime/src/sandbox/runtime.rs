//! A sandboxed interpreter as a host holds it.

use std::{
    fmt,
    sync::{Arc, Weak},
    thread::{self, ThreadId},
    time::Duration,
};

use parking_lot::Mutex;
use serde::{Serialize, de::DeserializeOwned};

use super::{
    parent::exchange::{Connection, Exchange},
    policy::Protection,
    protocol::{Call, ToChild},
    wire,
};
use crate::{Error, Limits, Output, stream::RemoteOutput};

/// An interpreter in a confined process.
///
/// Any thread may use it. Calls run one after another, each under the limits that were set when it
/// was built. Between calls the process is stopped: threads that the program started go on in the
/// next call only.
///
/// When a limit is exceeded, the program is stopped as in a [`Runtime`](crate::Runtime), and the
/// sandbox can be used afterwards. If the program is not done when the
/// [grace period](Limits::grace) has passed, the process is ended. That ends native code, too. An
/// error of the kind [`Crashed`](crate::ErrorKind::Crashed) says how a process ended by itself.
/// After the end of the process each call is an error of the kind [`Gone`](crate::ErrorKind::Gone).
///
/// Dropping it ends the process at once: neither `finally` blocks nor `atexit` functions run.
///
/// A function of the host's that panics is an exception in the program. A panic in an
/// [`Output`]'s function passes through the call, and ends the process.
pub struct SandboxedRuntime {
    exchange: Mutex<Exchange>,
    connection: Arc<Connection>,
    /// The thread that makes a call.
    caller: Mutex<Option<ThreadId>>,
    missing: Vec<Protection>,
    limits: Mutex<Limits>,
}

impl fmt::Debug for SandboxedRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxedRuntime")
            .field("process_id", &self.process_id())
            .finish_non_exhaustive()
    }
}

impl SandboxedRuntime {
    pub(super) fn new(exchange: Exchange, missing: Vec<Protection>, limits: Limits) -> Self {
        Self {
            connection: exchange.connection().clone(),
            exchange: Mutex::new(exchange),
            caller: Mutex::default(),
            missing,
            limits: Mutex::new(limits),
        }
    }

    /// Runs statements in the namespace of `__main__`.
    ///
    /// # Errors
    /// What the statements raise, `SystemExit` included;
    /// [`ErrorKind::Limit`](crate::ErrorKind::Limit); [`ErrorKind::Crashed`](crate::ErrorKind) if
    /// the process ended; [`ErrorKind::Gone`](crate::ErrorKind::Gone) if it had ended before.
    pub fn exec(&self, statements: &str) -> Result<(), Error> {
        self.run(Call::Exec, statements.as_bytes()).map(drop)
    }

    /// Evaluates an expression in the namespace of `__main__`, and returns its value as a `T`.
    ///
    /// Dataclasses are read as maps, enum members as their values, and other iterables that have a
    /// length as sequences. Other objects are a `TypeError`: also objects with attributes, which
    /// [`Serde`](crate::Serde) could read in the own process.
    ///
    /// # Errors
    /// As [`exec`](Self::exec), and what the conversion raises.
    pub fn eval<T: DeserializeOwned>(&self, expression: &str) -> Result<T, Error> {
        wire::from_bytes(&self.run(Call::Eval, expression.as_bytes())?)
    }

    /// Calls a function of the program's: a name of `__main__`, perhaps with attributes after dots.
    /// `arguments` is a tuple, a sequence, or `()`.
    ///
    /// # Errors
    /// As [`eval`](Self::eval); `NameError` or `AttributeError` if there is no such function.
    pub fn call<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: impl Serialize,
    ) -> Result<T, Error> {
        self.call_with(function, arguments, ())
    }

    /// As [`call`](Self::call), with keyword arguments: a map or struct.
    ///
    /// # Errors
    /// As [`call`](Self::call).
    pub fn call_with<T: DeserializeOwned>(
        &self,
        function: &str,
        arguments: impl Serialize,
        keywords: impl Serialize,
    ) -> Result<T, Error> {
        let payload = wire::arguments(&arguments, &keywords)?;
        let name = function.to_owned();
        wire::from_bytes(&self.run(Call::Function { name }, &payload)?)
    }

    /// The value of a name of `__main__`, as a `T`.
    ///
    /// # Errors
    /// As [`eval`](Self::eval); `NameError` if there is none.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<T, Error> {
        let name = name.to_owned();
        wire::from_bytes(&self.run(Call::Get { name }, &[])?)
    }

    /// Gives a name of `__main__` a value.
    ///
    /// # Errors
    /// As [`exec`](Self::exec), and what the conversion raises.
    pub fn set(&self, name: &str, value: impl Serialize) -> Result<(), Error> {
        let name = name.to_owned();
        self.run(Call::Set { name }, &wire::to_bytes(&value)?)
            .map(drop)
    }

    fn run(&self, call: Call, payload: &[u8]) -> Result<Vec<u8>, Error> {
        if *self.caller.lock() == Some(thread::current().id()) {
            return Err(Error::new(
                "RuntimeError",
                "a function that a sandbox calls cannot call the same sandbox",
            ));
        }
        let mut exchange = self.exchange.lock();
        *self.caller.lock() = Some(thread::current().id());
        let _caller = NoCaller(&self.caller);
        let limits = self.limits.lock().clone();
        exchange.call(call, payload, &limits)
    }

    /// Sets the limits of calls from the next one on.
    pub fn set_limits(&self, limits: Limits) {
        *self.limits.lock() = limits;
    }

    /// Where the program's `sys.stdout` and `sys.stderr` lead from now on: for a sandbox from a
    /// pool, say. Blocks while a call is under way.
    ///
    /// An output by [lines](Output::lines) knows the names of threads only if it was set when the
    /// sandbox was built.
    pub fn set_output(&self, stdout: impl Into<Output>, stderr: impl Into<Output>) {
        let mut exchange = self.exchange.lock();
        exchange.stdout = RemoteOutput::stdout(&stdout.into());
        exchange.stderr = RemoteOutput::stderr(&stderr.into());
    }

    /// A handle that interrupts the call under way, from anywhere.
    #[must_use]
    pub fn interrupter(&self) -> SandboxInterrupter {
        SandboxInterrupter {
            connection: Arc::downgrade(&self.connection),
        }
    }

    /// The protections that the kernel does not offer. Always empty for those that are
    /// [required](super::Sandbox::require).
    #[must_use]
    pub fn missing(&self) -> &[Protection] {
        &self.missing
    }

    /// The number of the process.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.connection.process_id()
    }
}

impl Drop for SandboxedRuntime {
    fn drop(&mut self) {
        self.connection.kill();
    }
}

/// No thread makes a call, once this is dropped.
struct NoCaller<'a>(&'a Mutex<Option<ThreadId>>);

impl Drop for NoCaller<'_> {
    fn drop(&mut self) {
        *self.0.lock() = None;
    }
}

/// Interrupts a sandbox's call under way, or ends its process. Any number of clones on any threads
/// may be used at any time. No method blocks. See [`Interrupter`](crate::Interrupter), whose
/// methods these are.
#[derive(Clone)]
pub struct SandboxInterrupter {
    connection: Weak<Connection>,
}

impl fmt::Debug for SandboxInterrupter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SandboxInterrupter").finish_non_exhaustive()
    }
}

impl SandboxInterrupter {
    fn notify(&self, message: &ToChild) -> bool {
        let connection = self.connection.upgrade();
        connection.is_some_and(|connection| connection.notify(message))
    }

    /// Asks the process to raise `KeyboardInterrupt` in its main thread. Returns false if no call
    /// is under way.
    pub fn interrupt(&self) -> bool {
        self.interrupt_with("KeyboardInterrupt", None)
    }

    /// As [`interrupt`](Self::interrupt), with another exception.
    pub fn interrupt_with(&self, class: &str, message: Option<&str>) -> bool {
        self.notify(&ToChild::Interrupt {
            class: class.to_owned(),
            message: message.map(str::to_owned),
        })
    }

    /// Asks the process to stop all threads. Returns false if no call is under way.
    pub fn stop(&self, grace: Duration) -> bool {
        self.notify(&ToChild::Stop { grace })
    }

    /// Ends the process at once, whatever it does. The call under way is an error of the kind
    /// [`Crashed`](crate::ErrorKind::Crashed). Returns false if the sandbox has been dropped.
    pub fn kill(&self) -> bool {
        let connection = self.connection.upgrade();
        connection.inspect(|connection| connection.kill()).is_some()
    }
}
