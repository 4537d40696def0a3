//! `SSLContext.wrap_bio` refuses what contradicts itself, as `wrap_socket` does: above all a
//! context that is to check the name of the host, without a name. Upstream would check the
//! certificate, but not whose it is.
//!
//! Can go when the library's `ssl.py` does so itself (`_check_sslobject_params`, 3.14.10).

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    Py, PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyType, function::FuncArgs,
};

/// Upstream's `_SSLContext._wrap_bio`.
static WRAP_BIO: OnceLock<PyObjectRef> = OnceLock::new();

/// Replaces the method of `_SSLContext`, which the process has once.
pub(super) fn correct(context: &'static Py<PyType>, wrap_bio: PyObjectRef, vm: &VirtualMachine) {
    if WRAP_BIO.set(wrap_bio).is_ok() {
        let method = vm.new_method("_wrap_bio", context, wrap);
        shared_classes::set_attribute(context, vm.ctx.intern_str("_wrap_bio"), method.into());
    }
}

fn wrap(context: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let given = |at: usize, name: &str| args.args.get(at).or_else(|| args.kwargs.get(name));
    let is_true = |value: Option<&PyObjectRef>| match value {
        Some(value) => value.clone().is_true(vm),
        None => Ok(false),
    };
    let has_name = is_true(given(3, "server_hostname"))?;
    let session = args.kwargs.get("session");
    let has_session = session.is_some_and(|session| !vm.is_none(session));
    if is_true(given(2, "server_side"))? {
        for (is_there, name) in [(has_name, "server_hostname"), (has_session, "session")] {
            if is_there {
                let message = format!("{name} can only be specified in client mode");
                return Err(vm.new_value_error(message));
            }
        }
    }
    if !has_name && checks_name(&context, vm)? {
        return Err(vm.new_value_error("check_hostname requires server_hostname"));
    }
    let Some(wrap_bio) = WRAP_BIO.get() else {
        return Err(vm.new_system_error("upstream's _SSLContext has no _wrap_bio"));
    };
    let mut args = args;
    args.args.insert(0, context);
    wrap_bio.call(args, vm)
}

fn checks_name(context: &PyObject, vm: &VirtualMachine) -> PyResult<bool> {
    context.get_attr("check_hostname", vm)?.is_true(vm)
}
