//! Dictionaries of instances that the program has got hold of (`vars(one)`, `one.__dict__`): an
//! item of such a dictionary is an attribute of the instance, and instances may share one.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, PyObject, VirtualMachine,
    builtins::{PyModule, PyType, object_get_dict},
};

/// The instances whose attributes the items of a dictionary are, by addresses.
#[derive(Debug, Default)]
pub(super) struct InstanceDicts {
    any: AtomicBool,
    owners: Mutex<HashMap<usize, usize>>,
}

impl InstanceDicts {
    /// The program gets the dictionary of `object`.
    pub(super) fn expose(&self, object: &PyObject, vm: &VirtualMachine) {
        let is_its_own = object.downcast_ref::<PyModule>().is_none()
            && object.downcast_ref::<PyType>().is_none();
        if is_its_own && let Ok(dict) = object_get_dict(object.to_owned(), vm) {
            self.adopt(object, dict.as_object());
        }
    }

    /// `dict` holds the attributes of `object`.
    pub(super) fn adopt(&self, object: &PyObject, dict: &PyObject) {
        let mut owners = self.owners.lock();
        owners.entry(dict.get_id()).or_insert(object.get_id());
        self.any.store(true, Ordering::Relaxed);
    }

    /// What the attributes of `object` are parts of.
    pub(super) fn attributes_of(&self, object: &PyObject) -> usize {
        if !self.any.load(Ordering::Relaxed) {
            return object.get_id();
        }
        let dict = object.dict().map(|dict| dict.get_id());
        let owner = dict.and_then(|dict| self.owners.lock().get(&dict).copied());
        owner.unwrap_or(object.get_id())
    }

    /// What the items of `container` are parts of.
    pub(super) fn items_of(&self, container: &PyObject) -> usize {
        let address = container.get_id();
        if !self.any.load(Ordering::Relaxed) {
            return address;
        }
        self.owners.lock().get(&address).copied().unwrap_or(address)
    }

    pub(super) fn clear(&self) {
        if self.any.swap(false, Ordering::Relaxed) {
            self.owners.lock().clear();
        }
    }
}
