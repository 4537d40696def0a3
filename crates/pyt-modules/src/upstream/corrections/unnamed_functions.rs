//! `types.FunctionType(code, globals, None)` names the function as its code. Upstream refuses
//! `None` with the message that it must be `None` or a string.
//!
//! Can go when upstream's constructor of functions takes `None` for a name.

use std::sync::OnceLock;

use rustpython_vm::{
    Context, PyResult, VirtualMachine,
    builtins::{PyCode, PyTypeRef},
    common::wtf8::Wtf8,
    function::FuncArgs,
};

type New = fn(PyTypeRef, FuncArgs, &VirtualMachine) -> PyResult;

static UPSTREAM: OnceLock<New> = OnceLock::new();

pub(super) fn correct(ctx: &Context) {
    let slot = &ctx.types.function_type.slots.new;
    if let Some(upstream) = slot.load()
        && UPSTREAM.set(upstream).is_ok()
    {
        slot.store(Some(create));
    }
}

fn create(class: PyTypeRef, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let code = args.args.first().or_else(|| args.kwargs.get("code"));
    let name = code
        .and_then(|code| code.downcast_ref::<PyCode>())
        .map(|code| code.obj_name.to_owned());
    if let Some(name) = name {
        let given = if args.args.len() > 2 {
            args.args.get_mut(2)
        } else {
            args.kwargs.get_mut(Wtf8::new("name"))
        };
        if let Some(given) = given
            && vm.is_none(given)
        {
            *given = name.into();
        }
    }
    match UPSTREAM.get() {
        Some(upstream) => upstream(class, args, vm),
        None => Err(vm.new_system_error("the interpreter cannot create functions")),
    }
}
