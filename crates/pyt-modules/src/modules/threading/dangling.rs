//! `threading._dangling`: a `WeakSet` of all `Thread` objects, for leak checks and forks.
//!
//! Adding to such a set and removing from it runs Python code, for every thread, and few programs
//! ever read it. So threads are noted in a list; the set is made when Python code asks for it, and
//! threads are added to it when it is read: all its methods ask for its attribute `data`.

use rustpython_vm::{
    PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyStrRef, PyWeak},
};

use super::registry;

/// Below so many, the list is not searched for threads that are gone.
const FEW: usize = 64;

/// Threads that are yet to go into the set.
#[derive(Default)]
pub(super) struct Watched {
    threads: Vec<PyRef<PyWeak>>,
    /// At how many the list is next searched for those that are gone.
    enough: usize,
}

impl Watched {
    /// Adds one. Returns what is to be dropped where that may run Python code.
    pub(super) fn add(&mut self, thread: PyRef<PyWeak>) -> Vec<PyObjectRef> {
        let mut alive = Vec::new();
        if self.threads.len() >= self.enough.max(FEW) {
            self.threads.retain(|thread| {
                let object = thread.upgrade();
                let is_alive = object.is_some();
                alive.extend(object);
                is_alive
            });
            self.enough = 2 * self.threads.len();
        }
        self.threads.push(thread);
        alive
    }

    /// Those that are alive.
    pub(super) fn all(&self) -> Vec<PyObjectRef> {
        let threads = self.threads.iter();
        threads.filter_map(|thread| thread.upgrade()).collect()
    }

    pub(super) fn take(&mut self) -> Vec<PyRef<PyWeak>> {
        std::mem::take(&mut self.threads)
    }
}

/// Makes the set.
pub(super) fn make(vm: &VirtualMachine) -> PyResult {
    let weak_set = vm.import("_weakrefset", 0)?.get_attr("WeakSet", vm)?;
    // What a native function captures stays for ever: nothing of this interpreter's may be in it.
    let get = vm.new_function("data", |set: PyObjectRef, vm: &VirtualMachine| {
        for thread in registry::take_watched(&set, vm) {
            if let Some(thread) = thread.upgrade() {
                vm.call_method(&set, "add", (thread,))?;
            }
        }
        set.get_attr("_data", vm)
    });
    let set = vm.new_function(
        "data",
        |set: PyObjectRef, data: PyObjectRef, vm: &VirtualMachine| set.set_attr("_data", data, vm),
    );
    let types = &vm.ctx.types;
    let property = types.property_type.to_owned();
    let data = PyObjectRef::from(property).call((get, set), vm)?;
    let names = vm.ctx.new_dict();
    names.set_item("data", data, vm)?;
    names.set_item("__module__", weak_set.get_attr("__module__", vm)?, vm)?;
    let name: PyStrRef = vm.ctx.new_str("WeakSet");
    let bases = vm.ctx.new_tuple(vec![weak_set]);
    let class = PyObjectRef::from(types.type_type.to_owned()).call((name, bases, names), vm)?;
    class.call((), vm)
}
