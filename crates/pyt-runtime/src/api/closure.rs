//! A native callable that is freed with all that it captures, unlike the interpreter's own native
//! functions, which live as long as the process: for functions that are made again and again.

use std::fmt;

use rustpython_vm::{
    Py, PyObjectRef, PyPayload, PyResult, VirtualMachine, class::PyClassImpl, function::FuncArgs,
    pyclass, types::Callable,
};

type ClosureBody = dyn Fn(FuncArgs, &VirtualMachine) -> PyResult + Send + Sync;

/// The cyclic collector does not see what it captures: the body must not capture objects that can
/// refer to it.
#[pyclass(module = "pyt", name = "Closure")]
#[derive(PyPayload)]
struct Closure {
    body: Box<ClosureBody>,
}

impl fmt::Debug for Closure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closure").finish_non_exhaustive()
    }
}

/// A callable object that runs `body`.
pub(crate) fn new(
    body: impl Fn(FuncArgs, &VirtualMachine) -> PyResult + Send + Sync + 'static,
    vm: &VirtualMachine,
) -> PyObjectRef {
    let _class = Closure::make_static_type();
    let body = Box::new(body);
    Closure { body }.into_ref(&vm.ctx).into()
}

impl Callable for Closure {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        (zelf.body)(args, vm)
    }
}

#[pyclass(with(Callable), flags(DISALLOW_INSTANTIATION))]
impl Closure {}
