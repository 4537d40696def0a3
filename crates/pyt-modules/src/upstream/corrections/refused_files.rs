//! `open` of a folder, or of another path that is refused once it is open, closes the descriptor
//! that it has opened. Upstream leaves it to the collector, which warns of an unclosed file.
//!
//! Can go when upstream's `FileIO.__init__` closes what it has opened before it raises.

use std::sync::OnceLock;

use rustpython_vm::{
    PyObject, PyResult, VirtualMachine,
    builtins::{PyInt, PyType},
    function::FuncArgs,
};

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;

static UPSTREAM: OnceLock<Init> = OnceLock::new();

/// Replaces `FileIO.__init__`, once for the process.
pub(super) fn begin(vm: &VirtualMachine) -> PyResult<()> {
    if UPSTREAM.get().is_some() {
        return Ok(());
    }
    let class = vm.import("_io", 0)?.get_attr("FileIO", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    if let Some(upstream) = class.slots.init.load()
        && UPSTREAM.set(upstream).is_ok()
    {
        // Classes of programs that derive from it take upstream's function, from a descriptor that
        // is left alone: to make it anew takes longer at a start than it is worth.
        class.slots.init.store(Some(init));
    }
    Ok(())
}

fn init(file: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let Some(upstream) = UPSTREAM.get() else {
        return Ok(());
    };
    let path = args.args.first().or_else(|| args.kwargs.get("file"));
    let is_path = path.is_some_and(|path| path.downcast_ref::<PyInt>().is_none());
    upstream(file, args, vm).inspect_err(|_| {
        if is_path {
            // The error to report is the one that there is.
            let _ = vm.call_method(file, "close", ());
        }
    })
}
