//! The interpreter as a host holds it.

use std::mem::ManuallyDrop;

use pyt_modules::Session;
use rustpython_vm::{
    AsObject, Interpreter, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, scope::Scope,
};

use crate::{Builder, Error, Options, source};

/// One Python interpreter with its threads.
///
/// Its methods block until the code they run is done; threads that the code started go on.
/// Call [`Runtime::finish`] to end it as CPython ends: a runtime that is only dropped leaves
/// its threads and buffers behind.
pub struct Runtime {
    interpreter: ManuallyDrop<Interpreter>,
    session: ManuallyDrop<Session>,
    options: Options,
}

impl Runtime {
    /// Settings for a new runtime; see [`Builder`].
    #[must_use]
    pub fn builder() -> Builder {
        Builder::default()
    }

    pub(crate) fn new(interpreter: Interpreter, session: Session, options: Options) -> Self {
        Self {
            interpreter: ManuallyDrop::new(interpreter),
            session: ManuallyDrop::new(session),
            options,
        }
    }

    /// The settings that this runtime was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// Runs `f` with the virtual machine, on the calling thread as the interpreter's main
    /// thread. The way to everything that this crate has no method for.
    pub fn enter<R>(&self, f: impl FnOnce(&VirtualMachine) -> R) -> R {
        self.session.enter(&self.interpreter, f)
    }

    pub(crate) fn session(&self) -> &Session {
        &self.session
    }

    /// Evaluates an expression in the namespace of `__main__` and returns its `repr()`.
    ///
    /// # Errors
    /// What the expression raises; [`crate::ErrorKind::Syntax`] if it is none.
    pub fn eval(&self, expression: &str) -> Result<String, Error> {
        self.attempt(|vm| {
            let code = source::compile(vm, expression, "<string>", source::Start::Eval)?;
            source::remember(vm, &code, expression);
            let value = vm.run_code_obj(code, main_scope(vm)?)?;
            Ok(value.repr(vm)?.to_string_lossy().into_owned())
        })
    }

    /// Runs statements in the namespace of `__main__`.
    ///
    /// # Errors
    /// What the statements raise, `SystemExit` included.
    pub fn exec(&self, statements: &str) -> Result<(), Error> {
        self.attempt(|vm| {
            let code = source::compile(vm, statements, "<string>", source::Start::File)?;
            source::remember(vm, &code, statements);
            vm.run_code_obj(code, main_scope(vm)?).map(drop)
        })
    }

    /// Enters the interpreter, runs `f`, and takes down what it raises.
    pub(crate) fn attempt<R>(
        &self,
        f: impl FnOnce(&VirtualMachine) -> PyResult<R>,
    ) -> Result<R, Error> {
        self.enter(|vm| f(vm).map_err(|error| Error::from_exception(vm, &error)))
    }

    /// Ends the interpreter as CPython does and returns the exit status: 0, or 120 if buffered
    /// output could not be written. Joins non-daemon threads, runs `atexit`, stops daemon
    /// threads where they stand, flushes.
    pub fn finish(self) -> i32 {
        self.finalize(None)
    }

    pub(crate) fn finalize(self, error: Option<PyBaseExceptionRef>) -> i32 {
        let Self {
            interpreter,
            session,
            ..
        } = self;
        let interpreter = ManuallyDrop::into_inner(interpreter);
        let status = ManuallyDrop::into_inner(session).finalize(interpreter, error);
        i32::try_from(status).unwrap_or(-1)
    }
}

/// The namespace of `__main__`, as globals and locals.
pub(crate) fn main_scope(vm: &VirtualMachine) -> PyResult<Scope> {
    let globals = vm.ensure_main_module()?.dict();
    let builtins = vm.builtins.clone();
    if !globals.contains_key("__builtins__", vm) {
        globals.set_item("__builtins__", builtins.as_object().to_owned(), vm)?;
    }
    Ok(Scope::with_builtins(None, globals, vm))
}
