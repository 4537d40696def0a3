//! Copies of code objects: `code.replace()`, which `types.coroutine`, decorators and `copy.replace`
//! use.
//!
//! The interpreter copies the instructions as they are, instruction events included, but not the
//! tables that say what these stand for; such a copy cannot run. So the two methods are wrapped:
//! the events are taken out before, and put back afterwards, in the copy, too.

use std::{
    collections::BTreeMap,
    sync::{Arc, Once, Weak},
};

use parking_lot::RwLock;
use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::PyCode,
    function::{FuncArgs, ItemDoc, PyMethodFlags},
};

use super::{Sites, place};

/// What of each interpreter is watched, by its number. The class of code objects is the process's.
static WATCHED: RwLock<BTreeMap<i64, Weak<Sites>>> = RwLock::new(BTreeMap::new());

/// Wraps the methods that copy code, so that copies of user code can run and are user code.
pub(super) fn keep_whole(sites: &Arc<Sites>, vm: &VirtualMachine) {
    static ONCE: Once = Once::new();
    {
        let mut watched = WATCHED.write();
        watched.retain(|_, sites| sites.strong_count() > 0);
        watched.insert(vm.state.interpreter_id, Arc::downgrade(sites));
    }
    ONCE.call_once(|| wrap(vm));
}

fn wrap(vm: &VirtualMachine) {
    let class = vm.ctx.types.code_type;
    for name in ["replace", "__replace__"] {
        let interned = vm.ctx.intern_str(name);
        let Some(original) = class.get_attr(interned) else {
            continue;
        };
        let replace = move |code: PyObjectRef, arguments: FuncArgs, vm: &VirtualMachine| {
            copy(&original, code, arguments, vm)
        };
        let method = vm
            .ctx
            .new_method_def(name, replace, PyMethodFlags::METHOD, ItemDoc::NONE)
            .build_method(class, vm);
        shared_classes::set_attribute(class, interned, method.into());
    }
}

fn copy(
    original: &PyObjectRef,
    code: PyObjectRef,
    mut arguments: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    let watched = WATCHED.read().get(&vm.state.interpreter_id).cloned();
    let sites = watched.and_then(|sites| sites.upgrade());
    let planned = sites
        .as_ref()
        .and_then(|sites| sites.table.read().get(code.get_id()).cloned());
    arguments.prepend_arg(code);
    let (Some(sites), Some(planned)) = (sites, planned) else {
        return original.call(arguments, vm);
    };
    let list = planned.sites();
    place::suspend(&planned.code, &list);
    let made = original.call(arguments, vm);
    place::restore(&planned.code, &list);
    let made = made?;
    if let Some(copy) = made.downcast_ref::<PyCode>()
        && copy.code.instructions.len() == planned.code.code.instructions.len()
    {
        sites.adopt(copy, &list, vm)?;
    }
    Ok(made)
}
