//! Exceptions made of errors.
//!
//! An error that came from an exception of this runtime becomes that exception again. Any other
//! becomes a new one that keeps the error, so that it returns to the host unchanged.

use rustpython_vm::{
    AsObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyType, PyTypeRef},
    class::PyClassImpl,
    pyclass,
};

use super::{Error, ErrorKind};
use crate::Python;

/// The attribute of an exception that holds its [`RustError`].
const ORIGIN: &str = "__rust_error__";

/// The error that an exception was made of.
#[pyclass(module = "pyt", name = "RustError")]
#[derive(Debug, PyPayload)]
struct RustError {
    error: Error,
}

#[pyclass(flags(DISALLOW_INSTANTIATION))]
impl RustError {}

/// The error that `exception` was made of.
pub(super) fn origin(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> Option<Error> {
    let dict = exception.as_object().dict()?;
    let origin = dict.get_item_opt(ORIGIN, vm).ok()??;
    origin
        .downcast_ref::<RustError>()
        .map(|origin| origin.error.clone())
}

impl Error {
    /// The exception to raise for it. The same object, with its traceback, if it was raised in this
    /// runtime.
    #[must_use]
    pub fn into_exception(self, py: Python<'_>) -> PyBaseExceptionRef {
        let own = self.0.exception.as_ref();
        let own = own.and_then(|value| value.object_in(py).ok());
        if let Some(exception) = own.and_then(|object| object.downcast().ok()) {
            return exception;
        }
        let vm = py.vm();
        let exception = self.make(py).unwrap_or_else(|raised| raised);
        if let Some(cause) = self.cause().cloned() {
            exception.set_cause(Some(cause.into_exception(py)));
        }
        let _class = RustError::make_static_type();
        let origin = RustError { error: self }.into_ref(&vm.ctx);
        // Without the attribute the host gets only the exception's text back.
        let _ = exception.as_object().set_attr(ORIGIN, origin, vm);
        exception
    }

    fn make(&self, py: Python<'_>) -> PyResult<PyBaseExceptionRef> {
        let vm = py.vm();
        let class = self.class(vm);
        let text = if class.is_some() || self.type_name().is_empty() {
            self.message()
        } else {
            &self.0.summary
        };
        let text = PyObjectRef::from(vm.ctx.new_str(text));
        let class = class.unwrap_or_else(|| vm.ctx.exceptions.runtime_error.to_owned());
        let args = match (self.kind(), self.0.errno) {
            (ErrorKind::Exit(status), _) => vec![vm.ctx.new_int(status).into()],
            (_, Some(errno)) => vec![vm.ctx.new_int(errno).into(), text],
            _ => vec![text],
        };
        let made = class.as_object().call(args, vm)?;
        made.downcast::<PyBaseException>()
            .map_err(|_| vm.new_type_error("exceptions must derive from BaseException"))
    }

    /// The class by its name; `None` if there is none.
    fn class(&self, vm: &VirtualMachine) -> Option<PyTypeRef> {
        let found = match self.type_name().rsplit_once('.') {
            Some((module, name)) => {
                vm.import(&*vm.ctx.new_str(module), 0).ok()?;
                // What importing `a.b` gives is `a`.
                let modules = vm.sys_module.get_attr("modules", vm).ok()?;
                let module = modules.get_item(module, vm).ok()?;
                module.get_attr(&*vm.ctx.new_str(name), vm).ok()?
            }
            None => {
                let name = vm.ctx.new_str(self.type_name());
                vm.builtins.get_attr(&*name, vm).ok()?
            }
        };
        let class = found.downcast::<PyType>().ok()?;
        class
            .fast_issubclass(vm.ctx.exceptions.base_exception_type)
            .then_some(class)
    }
}
