//! A Rust function as a Python object: of one of two classes, one of which binds to instances as
//! methods do.

use std::{
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, Weak},
};

use pyt_vm::panics::message_of;
use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBoundMethod, PyStrRef},
    class::PyClassImpl,
    function::FuncArgs,
    pyclass,
    types::{Callable, GetDescriptor, Representable},
};

use super::{Function, Incoming};
use crate::{
    Python,
    api::{
        host_code::{HostFunctionScope, drop_catching},
        main_module::scope_of,
        runtime_core::RuntimeCore,
    },
    startup::source::{self, StartSymbol},
};

/// Whether a function found in a class becomes a method.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Binding {
    Plain,
    Method,
}

pub(super) fn create(definition: Function, binding: Binding, py: Python<'_>) -> PyResult {
    let vm = py.vm();
    let wrong = |reason: &str| {
        let name = definition.name();
        vm.new_value_error(format!(
            "the signature of the host's function {name}: {reason}"
        ))
    };
    let (defaults, text) = match definition.signature.as_ref() {
        Ok(signature) => {
            let (has, takes) = (
                signature.parameters.len(),
                definition.hints.parameters.len(),
            );
            if has > takes || (signature.is_written && has != takes) {
                let reason = format!("it has {has} parameters, and the closure {takes}");
                return Err(wrong(&reason));
            }
            let receiver = match binding {
                Binding::Method if !definition.takes_receiver => Some("self"),
                Binding::Plain | Binding::Method => None,
            };
            // Without names nothing is known that a caller could use.
            let text = (has == takes).then(|| signature.text(receiver, None));
            (signature.defaults(vm)?, text)
        }
        Err(reason) => return Err(wrong(reason)),
    };
    let call = HostCall {
        defaults,
        text,
        definition: Some(definition),
        runtime: Arc::downgrade(py.core()),
    };
    let ctx = &vm.ctx;
    Ok(match binding {
        Binding::Plain => {
            let _class = RustFunction::make_static_type();
            RustFunction { call }.into_ref(ctx).into()
        }
        Binding::Method => {
            let _class = RustMethod::make_static_type();
            RustMethod { call }.into_ref(ctx).into()
        }
    })
}

/// Whether it is the name of an operator's method of two operands: one that may return
/// `NotImplemented`.
fn is_operator(name: &str) -> bool {
    const ARITHMETIC: &[&str] = &[
        "add", "sub", "mul", "matmul", "truediv", "floordiv", "mod", "divmod", "pow", "lshift",
        "rshift", "and", "xor", "or",
    ];
    const COMPARISONS: &[&str] = &["lt", "le", "eq", "ne", "gt", "ge"];
    let Some(name) = name
        .strip_prefix("__")
        .and_then(|name| name.strip_suffix("__"))
    else {
        return false;
    };
    // `__radd__` and `__iadd__`, but also `__rshift__`.
    let of_the_right = name.strip_prefix(['r', 'i']);
    COMPARISONS.contains(&name)
        || ARITHMETIC.contains(&name)
        || of_the_right.is_some_and(|name| ARITHMETIC.contains(&name))
}

/// Runs host code, and raises its panics as `RuntimeError`.
fn catching_panics<R>(
    name: &str,
    vm: &VirtualMachine,
    f: impl FnOnce() -> PyResult<R>,
) -> PyResult<R> {
    panic::catch_unwind(AssertUnwindSafe(f)).unwrap_or_else(|payload| {
        let message = match message_of(&*payload) {
            Some(message) => format!("Rust panicked in {name}(): {message}"),
            None => format!("Rust panicked in {name}()"),
        };
        drop_catching(payload);
        Err(vm.new_runtime_error(message))
    })
}

struct HostCall {
    /// `None` only while it is dropped.
    definition: Option<Function>,
    /// Of the parameters, where they have one.
    defaults: Vec<Option<PyObjectRef>>,
    /// The signature, if the parameters have names.
    text: Option<String>,
    runtime: Weak<RuntimeCore>,
}

impl fmt::Debug for HostCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.definition.fmt(f)
    }
}

impl Drop for HostCall {
    fn drop(&mut self) {
        drop_catching(self.definition.take());
    }
}

impl HostCall {
    fn name(&self) -> &str {
        self.definition.as_ref().map_or("", Function::name)
    }

    fn doc(&self) -> Option<&str> {
        self.definition.as_ref()?.docstring()
    }

    /// An `inspect.Signature`; `None` if the parameters have no names.
    fn signature(&self, vm: &VirtualMachine) -> PyResult {
        let Some(text) = &self.text else {
            return Ok(vm.ctx.none());
        };
        let names = vm.ctx.new_dict();
        let text = format!("def function{text}: pass");
        let code = source::compile(vm, &text, "<signature>", StartSymbol::File)?;
        vm.run_code_obj(code, scope_of(names.clone(), vm)?)?;
        let function = names.get_item("function", vm)?;
        let signature = vm.import("inspect", 0)?.get_attr("signature", vm)?;
        signature.call((function,), vm)
    }

    fn call(&self, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let (Some(definition), Some(runtime)) = (&self.definition, self.runtime.upgrade()) else {
            return Err(vm.new_runtime_error("the Python runtime has ended"));
        };
        let py = Python::new(vm, &runtime);
        let parameters = match definition.signature.as_ref() {
            Ok(signature) => &signature.parameters[..],
            Err(_) => &[],
        };
        let mut incoming = Incoming::new(&definition.name, parameters, &self.defaults, args);
        definition.touches.announce(vm)?;
        let _scope = HostFunctionScope::begin();
        let result = catching_panics(&definition.name, vm, || {
            (definition.body)(py, &mut incoming)
        });
        if result.is_err() && incoming.is_mismatched() && is_operator(&definition.name) {
            // As in CPython's own classes: the other operand's method is next.
            return Ok(vm.ctx.not_implemented());
        }
        result
    }
}

/// A function that does not bind.
#[pyclass(module = "pyt", name = "RustFunction")]
#[derive(Debug, PyPayload)]
struct RustFunction {
    call: HostCall,
}

/// A function that binds to the instance that it is looked up on.
#[pyclass(module = "pyt", name = "RustMethod")]
#[derive(Debug, PyPayload)]
struct RustMethod {
    call: HostCall,
}

impl Callable for RustFunction {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.call.call(args, vm)
    }
}

impl Callable for RustMethod {
    type Args = FuncArgs;

    fn call(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        zelf.call.call(args, vm)
    }
}

impl GetDescriptor for RustMethod {
    fn descr_get(
        zelf: &PyObject,
        obj: Option<&PyObject>,
        _cls: Option<&PyObject>,
        vm: &VirtualMachine,
    ) -> PyResult {
        Ok(match obj {
            Some(instance) if !vm.is_none(instance) => {
                PyBoundMethod::new(instance.to_owned(), zelf.to_owned())
                    .into_ref(&vm.ctx)
                    .into()
            }
            _ => zelf.to_owned(),
        })
    }
}

impl Representable for RustFunction {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("<Rust function {}>", zelf.call.name()))
    }
}

impl Representable for RustMethod {
    fn repr_str(zelf: &Py<Self>, _vm: &VirtualMachine) -> PyResult<String> {
        Ok(format!("<Rust method {}>", zelf.call.name()))
    }
}

#[pyclass(
    with(Callable, Representable),
    flags(DISALLOW_INSTANTIATION, HAS_WEAKREF)
)]
impl RustFunction {
    #[pygetset]
    fn __name__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyStrRef {
        vm.ctx.new_str(zelf.call.name())
    }

    #[pygetset]
    fn __qualname__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyStrRef {
        vm.ctx.new_str(zelf.call.name())
    }

    /// Read by `inspect.signature`.
    #[pygetset]
    fn __signature__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.call.signature(vm)
    }

    #[pygetset]
    fn __doc__(zelf: &Py<Self>, vm: &VirtualMachine) -> Option<PyStrRef> {
        zelf.call.doc().map(|doc| vm.ctx.new_str(doc))
    }
}

#[pyclass(
    with(Callable, GetDescriptor, Representable),
    flags(DISALLOW_INSTANTIATION, HAS_WEAKREF, METHOD_DESCRIPTOR)
)]
impl RustMethod {
    #[pygetset]
    fn __name__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyStrRef {
        vm.ctx.new_str(zelf.call.name())
    }

    #[pygetset]
    fn __qualname__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyStrRef {
        vm.ctx.new_str(zelf.call.name())
    }

    /// Read by `inspect.signature`.
    #[pygetset]
    fn __signature__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.call.signature(vm)
    }

    #[pygetset]
    fn __doc__(zelf: &Py<Self>, vm: &VirtualMachine) -> Option<PyStrRef> {
        zelf.call.doc().map(|doc| vm.ctx.new_str(doc))
    }
}
