//! `deque.index` says that there is no such item in CPython's words, without the item, whose text
//! can be long and is made by code of the program's; and `deque(maxlen=-1)` in its words.
//!
//! Can go when upstream's `PyDeque` does so.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyModule, PyModuleDef, PyStr, PyType},
    function::{Callee, FuncArgs},
};

use super::{ordered_dict_views, replaced_methods::replace, slots::renew_descriptors};
use crate::upstream::derived::derive_named;

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;

/// Upstream's `deque.__init__`.
static INIT: OnceLock<Init> = OnceLock::new();

pub(super) fn module_def() -> Option<&'static PyModuleDef> {
    derive_named("_collections", correct_module)
}

fn correct_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    ordered_dict_views::correct_module(module, vm)?;
    let class = module.as_object().get_attr("deque", vm)?;
    let Ok(class) = class.downcast::<PyType>() else {
        return Ok(());
    };
    // The class is one for the process: the first interpreter that imports the module changes it.
    if let Some(init) = class.slots.init.load()
        && INIT.set(init).is_ok()
    {
        // The class is corrected once and lives as long as the process.
        correct(Box::leak(Box::new(class)), &vm.ctx);
    }
    Ok(())
}

fn correct(class: &'static Py<PyType>, ctx: &Context) {
    class.slots.init.store(Some(initialize));
    renew_descriptors(class, &["__init__"], ctx);
    replace(class, "index", ctx, |upstream| {
        move |vm: &VirtualMachine, args: FuncArgs, callee: Callee| {
            upstream(vm, args, callee).map_err(|error| {
                if text_of(&error, vm.ctx.exceptions.value_error)
                    .is_some_and(|text| text.ends_with(" is not in deque"))
                {
                    vm.new_value_error("deque.index(x): x not in deque")
                } else {
                    error
                }
            })
        }
    });
}

fn initialize(deque: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let Some(upstream) = INIT.get() else {
        return Err(vm.new_system_error("the interpreter cannot initialise a deque"));
    };
    upstream(deque, args, vm).map_err(|error| {
        let exceptions = &vm.ctx.exceptions;
        let has = |class, words| text_of(&error, class).is_some_and(|text| text == words);
        if has(exceptions.value_error, "maxlen must be non-negative.") {
            vm.new_value_error("maxlen must be non-negative")
        } else if has(exceptions.type_error, "an integer is required.") {
            vm.new_type_error("an integer is required")
        } else {
            error
        }
    })
}

/// The text of an exception of exactly this class.
fn text_of(error: &PyBaseExceptionRef, class: &Py<PyType>) -> Option<String> {
    if !error.class().is(class) {
        return None;
    }
    let error: &PyBaseException = error;
    let args = error.args();
    let text = args.as_slice().first()?.downcast_ref::<PyStr>()?;
    Some(text.to_string_lossy().into_owned())
}
