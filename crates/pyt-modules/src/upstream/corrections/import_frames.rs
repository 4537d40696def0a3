//! The traceback of an error in `__import__("module")` has no frames of the library's `importlib`,
//! as that of an `import` statement. Programs count the frames to see whether a module is missing
//! or raises (flask).
//!
//! Can go when upstream's `builtins.__import__` leaves them out, as its `import_inner` does.

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
    import::remove_importlib_frames,
};

use crate::upstream;

static IMPORT: PyMethodDef = PyMethodDef::new_const(
    "__import__",
    import,
    PyMethodFlags::empty(),
    ItemDoc::static_text(
        "__import__($module, /, name, globals=None, locals=None, fromlist=(),\n           level=0)\n\
         --\n\n",
    ),
);

/// Puts it into `builtins`.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    let function = IMPORT
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(builtins.to_owned())
        .into_ref(&vm.ctx);
    builtins.set_attr(IMPORT.name, function, vm)
}

fn import(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    upstream::call("builtins", IMPORT.name, args, vm)
        .inspect_err(|error| remove_importlib_frames(vm, error))
}
