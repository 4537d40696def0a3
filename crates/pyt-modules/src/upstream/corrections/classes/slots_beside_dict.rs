//! `__slots__` may list `__dict__` and `__weakref__` beside attributes of these names, which are
//! then what the class shows. Upstream takes them for conflicts.
//!
//! Can go when upstream's check of `__slots__` leaves the two names out.

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyDict, PyList, PyStr, PyTuple, PyType},
    function::FuncArgs,
};

const NAMES: [&str; 2] = ["__dict__", "__weakref__"];

/// Attributes that upstream must not see while it creates the class.
pub(super) struct SetAside(Vec<(&'static str, PyObjectRef)>);

/// Takes the attributes that upstream would refuse from those of the class to be created.
pub(super) fn set_aside(
    mut args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<(FuncArgs, Option<SetAside>)> {
    let Some(attributes) = args.args[2].downcast_ref::<PyDict>() else {
        return Ok((args, None));
    };
    let Some(slots) = attributes.get_item_opt("__slots__", vm)? else {
        return Ok((args, None));
    };
    let lists = |name: &str| {
        let is_name = |slot: &PyObjectRef| {
            let slot = slot.downcast_ref::<PyStr>().and_then(|slot| slot.to_str());
            slot == Some(name)
        };
        if let Some(slots) = slots.downcast_ref::<PyTuple>() {
            slots.as_slice().iter().any(is_name)
        } else if let Some(slots) = slots.downcast_ref::<PyList>() {
            slots.borrow_vec().iter().any(is_name)
        } else {
            is_name(&slots)
        }
    };
    let mut taken = Vec::new();
    for name in NAMES {
        if lists(name)
            && let Some(value) = attributes.get_item_opt(name, vm)?
        {
            taken.push((name, value));
        }
    }
    if taken.is_empty() {
        return Ok((args, None));
    }
    let others = attributes.copy().into_ref(&vm.ctx);
    for (name, _) in &taken {
        others.del_item(*name, vm)?;
    }
    args.args[2] = others.into();
    Ok((args, Some(SetAside(taken))))
}

impl SetAside {
    /// Gives the attributes to the class that has been created without them.
    pub(super) fn put_back(self, class: &Py<PyType>, vm: &VirtualMachine) -> PyResult<()> {
        for (name, value) in self.0 {
            class.set_attr(vm.ctx.intern_str(name), value.clone());
            let set_name = vm.ctx.intern_str("__set_name__");
            if value.class().get_attr(set_name).is_some() {
                vm.call_special_method(&value, set_name, (class.to_owned(), name))?;
            }
        }
        Ok(())
    }
}
