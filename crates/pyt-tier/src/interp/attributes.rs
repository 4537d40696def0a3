//! Attributes of objects, looked up without running anything of the program's.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyFunction, PyModule, PyProperty, PyStrInterned},
};

/// How an object has an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The object itself has it, or its class has a value.
    Plain,
    /// Its class has a function.
    Method,
    /// Its class has a property, which calls this function.
    Getter,
}

/// The attribute, if it is found the way in which objects have attributes unless their class says
/// otherwise. `None`: it is left to the interpreter, which may raise an exception or call
/// something.
pub(crate) fn look_up(
    object: &PyObject,
    name: &'static PyStrInterned,
    vm: &VirtualMachine,
) -> Option<(PyObjectRef, How)> {
    let class = object.class();
    let of_class = class.get_attr(name);
    if !class.is(vm.ctx.types.module_type) {
        let general = vm.ctx.types.object_type.slots.getattro.load()?;
        let own = class.slots.getattro.load()?;
        if !std::ptr::fn_addr_eq(general, own) {
            return None;
        }
    } else if of_class.is_some() {
        return None;
    }
    let Some(of_class) = of_class else {
        return Some((of_object(object, name, vm)?, How::Plain));
    };
    let slots = &of_class.class().slots;
    match (
        slots.descr_get.load().is_some(),
        slots.descr_set.load().is_some(),
    ) {
        (true, true) => {
            let property = of_class.downcast_ref_if_exact::<PyProperty>(vm)?;
            let getter = (property.as_object()).get_attr(vm.ctx.intern_str("fget"), vm);
            Some((getter.ok()?, How::Getter))
        }
        (false, true) => None,
        (get, false) => match of_object(object, name, vm) {
            Some(own) => Some((own, How::Plain)),
            None if !get => Some((of_class, How::Plain)),
            None => {
                of_class.downcast_ref_if_exact::<PyFunction>(vm)?;
                Some((of_class, How::Method))
            }
        },
    }
}

fn of_object(
    object: &PyObject,
    name: &'static PyStrInterned,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    let dict = match object.downcast_ref_if_exact::<PyModule>(vm) {
        Some(module) => module.dict(),
        None => object.dict()?,
    };
    if !dict.class().is(vm.ctx.types.dict_type) {
        return None;
    }
    dict.get_item_opt(name, vm).ok().flatten()
}
