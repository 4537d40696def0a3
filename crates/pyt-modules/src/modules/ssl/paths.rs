//! Paths of certificates and keys that are no text: `load_cert_chain(pathlib.Path("a.pem"))`.
//!
//! Upstream's methods take `str` and bytes-like objects only. These take what `os.fspath` takes.
//!
//! Can go when upstream's `LoadVerifyLocationsArgs` and `LoadCertChainArgs` take paths.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBytes, PyStr, PyType},
    common::wtf8::Wtf8,
    convert::ToPyObject,
    function::{FsPath, FuncArgs},
};

/// Upstream's methods.
struct Upstream {
    load_verify_locations: PyObjectRef,
    load_cert_chain: PyObjectRef,
}

static UPSTREAM: OnceLock<Upstream> = OnceLock::new();

/// Replaces both methods of `_SSLContext`, which the process has once.
pub(super) fn correct(context: &'static Py<PyType>, vm: &VirtualMachine) -> PyResult<()> {
    let method = |name: &'static str| {
        let method = context.get_direct_attr(vm.ctx.intern_str(name));
        method.ok_or_else(|| vm.new_system_error(format!("upstream's _SSLContext has no {name}")))
    };
    let upstream = Upstream {
        load_verify_locations: method("load_verify_locations")?,
        load_cert_chain: method("load_cert_chain")?,
    };
    if UPSTREAM.set(upstream).is_ok() {
        let method = vm.new_method("load_verify_locations", context, load_verify_locations);
        shared_classes::set_attribute(
            context,
            vm.ctx.intern_str("load_verify_locations"),
            method.into(),
        );
        let method = vm.new_method("load_cert_chain", context, load_cert_chain);
        shared_classes::set_attribute(context, vm.ctx.intern_str("load_cert_chain"), method.into());
    }
    Ok(())
}

fn load_verify_locations(context: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let upstream = &upstream(vm)?.load_verify_locations;
    call(upstream, context, args, ["cafile", "capath"], vm)
}

fn load_cert_chain(context: PyObjectRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let upstream = &upstream(vm)?.load_cert_chain;
    call(upstream, context, args, ["certfile", "keyfile"], vm)
}

fn upstream(vm: &VirtualMachine) -> PyResult<&'static Upstream> {
    let missing = || vm.new_system_error("_SSLContext has no methods that load");
    UPSTREAM.get().ok_or_else(missing)
}

/// Calls upstream's method, whose first two arguments are paths.
fn call(
    method: &PyObjectRef,
    context: PyObjectRef,
    mut args: FuncArgs,
    paths: [&'static str; 2],
    vm: &VirtualMachine,
) -> PyResult {
    for (index, name) in paths.into_iter().enumerate() {
        let given = match args.args.get_mut(index) {
            Some(given) => Some(given),
            None => args.kwargs.get_mut(Wtf8::new(name)),
        };
        let Some(given) = given.filter(|given| !vm.is_none(given)) else {
            continue;
        };
        let is_text =
            given.downcast_ref::<PyStr>().is_some() || given.downcast_ref::<PyBytes>().is_some();
        if is_text {
            continue;
        }
        let path = FsPath::try_from_path_like(given.clone(), true, vm).map_err(|error| {
            if error.fast_isinstance(vm.ctx.exceptions.type_error) {
                vm.new_type_error(format!("{name} should be a valid filesystem path"))
            } else {
                error
            }
        })?;
        *given = path.to_pyobject(vm);
    }
    args.prepend_arg(context);
    method.call(args, vm)
}
