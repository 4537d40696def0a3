//! The Python functions in which a thread calls what it was made with: in CPython the methods `run`
//! are Python code, and what they call finds them by `sys._getframe(1)`, and in tracebacks.

use std::sync::OnceLock;

use pyt_vm::state;
use rustpython_vm::{
    AsObject, PyObject, PyResult, VirtualMachine, builtins::PyCode, compiler::Mode,
};

use crate::upstream::wrapped::Wrapped;

/// Whose `run` it is.
#[derive(Clone, Copy)]
pub(super) enum Run {
    Thread,
    Timer,
}

impl Run {
    const fn source(self) -> &'static str {
        match self {
            Self::Thread => "def run(self):\n    self._target(*self._args, **self._kwargs)",
            Self::Timer => "def run(self):\n    self.function(*self.args, **self.kwargs)",
        }
    }
}

/// The functions of one interpreter, made when they are first needed.
#[derive(Default)]
struct Functions([OnceLock<Wrapped>; 2]);

/// Calls what `thread` was made with. `module` finds the module `threading`, whose globals are
/// those of the functions; it is asked once in an interpreter.
pub(super) fn call(
    run: Run,
    thread: &PyObject,
    module: fn(&VirtualMachine) -> PyResult,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let state = state::of(vm);
    let known = &state.slot::<Functions>().0[run as usize];
    let function = match known.get() {
        Some(known) => known.get(vm)?,
        None => {
            let module = module(vm)?;
            let made = make(run, &module, vm)?;
            // Another thread may have made one meanwhile.
            known.get_or_init(|| Wrapped::keep(&state, made)).get(vm)?
        }
    };
    function.call((thread.to_owned(),), vm).map(drop)
}

/// A function whose globals are those of the module `threading`. Nothing runs and no name is bound
/// for it: threads that start at the same time may make it at the same time.
fn make(run: Run, module: &PyObject, vm: &VirtualMachine) -> PyResult {
    let source = run.source();
    let compiled = vm
        .compile(source, Mode::Exec, "<frozen threading>".to_owned())
        .map_err(|error| error.into_pyexception(vm, Some(source)))?;
    let mut constants = compiled.code.constants.iter();
    let code = constants.find_map(|constant| constant.as_object().downcast_ref::<PyCode>());
    let code = code.ok_or_else(|| vm.new_system_error("a function of a thread has no code"))?;
    let globals = module.get_attr("__dict__", vm)?;
    let function = vm.ctx.types.function_type.as_object();
    function.call((code.to_owned(), globals), vm)
}
