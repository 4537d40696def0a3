//! Keywords that are refused in CPython's words: those of `print` that are no strings, and those
//! of a class statement that no `__init_subclass__` takes. And `print` does nothing where
//! `sys.stdout` is `None`.
//!
//! Can go when upstream words both errors so, and `print` asks whether there is a stream.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Context, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyStr, PyType},
    function::{Callee, FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

static PRINT: PyMethodDef = PyMethodDef::new_const(
    "print",
    print,
    PyMethodFlags::empty(),
    ItemDoc::static_text(
        "print($module, /, *args, sep=' ', end='\\n', file=None, flush=False)\n--\n\n",
    ),
);

static INIT_SUBCLASS: PyMethodDef = PyMethodDef::new_const(
    "__init_subclass__",
    init_subclass,
    PyMethodFlags::CLASS,
    ItemDoc::static_text("__init_subclass__($type, /)\n--\n\n"),
);

/// Upstream's `print`.
static UPSTREAM: OnceLock<&'static PyMethodDef> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let class = ctx.types.object_type;
    let name = ctx.intern_str("__init_subclass__");
    let ours = INIT_SUBCLASS.to_proper_method(class, ctx);
    shared_classes::set_attribute(class, name, ours);
}

/// Puts `print` into `builtins`.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    let methods = vm.builtins.def.map_or(&[][..], |def| def.methods);
    let Some(upstream) = methods.iter().find(|method| method.name == PRINT.name) else {
        return Ok(());
    };
    UPSTREAM.get_or_init(|| upstream);
    let function = PRINT
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(builtins.to_owned())
        .into_ref(&vm.ctx);
    builtins.set_attr(PRINT.name, function, vm)
}

fn print(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    for name in ["sep", "end"] {
        if let Some(given) = args.kwargs.get(name)
            && !vm.is_none(given)
            && given.downcast_ref::<PyStr>().is_none()
        {
            return Err(vm.new_type_error(format!(
                "{name} must be None or a string, not {}",
                given.class().name()
            )));
        }
    }
    let file = args.kwargs.get("file").filter(|file| !vm.is_none(file));
    let has_none = || {
        let stream = vm.sys_module.get_attr("stdout", vm);
        stream.is_ok_and(|stream| vm.is_none(&stream))
    };
    if file.is_none() && has_none() {
        return Ok(vm.ctx.none());
    }
    match UPSTREAM.get() {
        Some(upstream) => (upstream.func)(vm, args, Callee::named(upstream.name)),
        None => Err(vm.new_system_error("there is no print")),
    }
}

fn init_subclass(class: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let class = class.downcast_ref::<PyType>();
    let name = class.map_or_else(String::new, |class| class.name().to_string());
    if !args.kwargs.is_empty() {
        return Err(vm.new_type_error(format!(
            "{name}.__init_subclass__() takes no keyword arguments"
        )));
    }
    if !args.args.is_empty() {
        return Err(vm.new_type_error(format!(
            "{name}.__init_subclass__() takes no arguments ({} given)",
            args.args.len()
        )));
    }
    Ok(())
}
