//! Attributes of objects, looked up without running anything of the program's.

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, VirtualMachine,
    builtins::{
        PyDictRef, PyFunction, PyModule, PyProperty, PyStrInterned, descriptor::PyMethodDescriptor,
    },
};

/// How an object has an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// The object itself has it.
    Own,
    /// Its class has a value; or it is no attribute.
    Plain,
    /// Its class has a function, or a native method.
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
        return Some((of_object(object, name, vm)?, How::Own));
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
            Some(own) => Some((own, How::Own)),
            None if !get => Some((of_class, How::Plain)),
            None => {
                let is_method = of_class.downcast_ref_if_exact::<PyFunction>(vm).is_some()
                    || of_class
                        .downcast_ref_if_exact::<PyMethodDescriptor>(vm)
                        .is_some();
                is_method.then_some((of_class, How::Method))
            }
        },
    }
}

fn of_object(
    object: &PyObject,
    name: &'static PyStrInterned,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    dict_of(object, vm)?.get_item_opt(name, vm).ok().flatten()
}

/// Where an object has its attributes, if that is a dict.
pub(crate) fn dict_of(object: &PyObject, vm: &VirtualMachine) -> Option<PyDictRef> {
    let dict = match object.downcast_ref_if_exact::<PyModule>(vm) {
        Some(module) => module.dict(),
        None => object.dict()?,
    };
    dict.class().is(vm.ctx.types.dict_type).then_some(dict)
}

/// Whether setting attributes that the object itself has does nothing but that.
pub(crate) fn can_set(object: &PyObject, vm: &VirtualMachine) -> bool {
    let general = vm.ctx.types.object_type.slots.setattro.load();
    let own = object.class().slots.setattro.load();
    match (general, own) {
        (Some(general), Some(own)) => std::ptr::fn_addr_eq(general, own),
        _ => false,
    }
}
