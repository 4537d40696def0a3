//! The Python functions in which a thread calls what it was made with: in CPython the methods `run`
//! are Python code, and what they call finds them by `sys._getframe(1)`, and in tracebacks.

use std::sync::OnceLock;

use pyt_vm::state;
use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyDict, compiler::Mode,
    function::ArgMapping, scope::Scope,
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

/// A function whose globals are those of the module `threading`.
fn make(run: Run, module: &PyObject, vm: &VirtualMachine) -> PyResult {
    let source = run.source();
    let code = vm
        .compile(source, Mode::Exec, "<frozen threading>".to_owned())
        .map_err(|error| error.into_pyexception(vm, Some(source)))?;
    let globals = module
        .get_attr("__dict__", vm)?
        .downcast::<PyDict>()
        .unwrap_or_else(|_| vm.ctx.new_dict());
    let locals = vm.ctx.new_dict();
    let made: PyObjectRef = locals.clone().into();
    let had_builtins = globals.contains_key("__builtins__", vm);
    let scope = Scope::with_builtins(
        Some(ArgMapping::from_dict_exact(locals)),
        globals.clone(),
        vm,
    );
    vm.run_code_obj(code, scope)?;
    if !had_builtins {
        // A run under a strategy must leave the module's names as they were.
        globals.del_item("__builtins__", vm)?;
    }
    made.get_item("run", vm)
}
