//! `_thread._local`: an object whose attributes are different in each thread.
//!
//! Each object keeps one dictionary for each thread that used it, and each thread a list of the
//! objects it used, so that whichever ends first, the object or the thread, takes the
//! dictionaries along.

use std::{cell::RefCell, sync::Weak};

use parking_lot::Mutex;
use pyt_vm::number_map::NumberMap;
use rustpython_vm::{
    PyObjectRef, VirtualMachine, builtins::PyDictRef, function::FuncArgs, object::TraverseFn,
};

/// The dictionaries of one object, by thread.
struct Dicts {
    by_thread: Mutex<NumberMap<u64, PyDictRef>>,
    /// What the class was called with: `__init__` is called again in each thread.
    init: Mutex<FuncArgs>,
}

impl Dicts {
    fn visit(&self, f: &mut TraverseFn<'_>) {
        if let Some(dicts) = self.by_thread.try_lock() {
            for dict in dicts.values() {
                f(dict.as_ref());
            }
        }
        if let Some(init) = self.init.try_lock() {
            for value in init.args.iter().chain(init.kwargs.values()) {
                f(value);
            }
        }
    }

    fn take(&self, out: &mut Vec<PyObjectRef>) {
        if let Some(mut dicts) = self.by_thread.try_lock() {
            out.extend(dicts.drain().map(|(_, dict)| dict.into()));
        }
        if let Some(mut init) = self.init.try_lock() {
            out.append(&mut init.args);
            out.extend(init.kwargs.drain(..).map(|(_, value)| value));
        }
    }
}

thread_local! {
    /// The objects that have a dictionary for this thread.
    static USED: RefCell<Vec<Weak<Dicts>>> = const { RefCell::new(Vec::new()) };
}

/// Drops the calling thread's dictionaries, at its end and while it is attached.
pub(crate) fn drop_all_of_this_thread(_vm: &VirtualMachine) {
    let me = pyt_sched::current_id().get();
    // A `__del__` may use thread-local data again: go on until nothing is left.
    loop {
        let used = USED.take();
        if used.is_empty() {
            return;
        }
        for object in used {
            if let Some(object) = object.upgrade() {
                let dict = object.by_thread.lock().remove(&me);
                drop(dict);
            }
        }
    }
}

#[rustpython_vm::pymodule(sub, name = "_thread")]
pub(crate) mod local_module {
    use std::sync::Arc;

    use rustpython_vm::{
        AsObject, Py, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyDictRef, PyStr, PyType, PyTypeRef},
        function::{FuncArgs, PySetterValue},
        object::{Traverse, TraverseFn},
        pyclass,
        types::{GetAttr, SetAttr},
    };

    use super::{Dicts, USED};
    use crate::args::pickling;

    /// What a class's slot for `__init__` holds.
    type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;

    /// Thread-local data.
    #[pyattr]
    #[pyclass(module = "_thread", name = "_local", traverse = "manual")]
    #[derive(PyPayload)]
    pub(crate) struct PyLocal {
        dicts: Arc<Dicts>,
    }

    impl std::fmt::Debug for PyLocal {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("PyLocal").finish_non_exhaustive()
        }
    }

    // SAFETY: all objects the payload holds are in `dicts`, and all of them are visited. A
    // lock that is held means that its thread is outside the interpreter and keeps what it
    // holds alive.
    unsafe impl Traverse for PyLocal {
        fn traverse(&self, f: &mut TraverseFn<'_>) {
            self.dicts.visit(f);
        }

        fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
            self.dicts.take(out);
        }
    }

    #[pyclass(with(GetAttr, SetAttr), flags(BASETYPE, HAS_WEAKREF))]
    impl PyLocal {
        /// The class's own `__init__`, if it has one.
        fn own_init(cls: &Py<PyType>, vm: &VirtualMachine) -> Option<Init> {
            let init = cls.slots.init.load()?;
            let of_object = vm.ctx.types.object_type.slots.init.load();
            let same = of_object.is_some_and(|object| std::ptr::fn_addr_eq(init, object));
            (!same).then_some(init)
        }

        #[pyslot]
        fn slot_new(cls: PyTypeRef, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
            if !args.is_empty() && Self::own_init(&cls, vm).is_none() {
                return Err(vm.new_type_error("Initialization arguments are not supported"));
            }
            let local = Self {
                dicts: Arc::new(Dicts {
                    by_thread: parking_lot::Mutex::default(),
                    init: parking_lot::Mutex::new(args),
                }),
            }
            .into_ref_with_type(vm, cls)?;
            // `__init__` follows for this thread; its assignments must not call it again.
            local.create(vm);
            Ok(local.into())
        }

        /// This thread's dictionary if there is one.
        fn existing(&self) -> Option<PyDictRef> {
            let me = pyt_sched::current_id().get();
            self.dicts.by_thread.lock().get(&me).cloned()
        }

        fn create(&self, vm: &VirtualMachine) -> PyDictRef {
            let me = pyt_sched::current_id().get();
            let dict = vm.ctx.new_dict();
            self.dicts.by_thread.lock().insert(me, dict.clone());
            USED.with_borrow_mut(|used| used.push(Arc::downgrade(&self.dicts)));
            dict
        }

        fn of_this_thread(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyDictRef> {
            if let Some(dict) = zelf.existing() {
                return Ok(dict);
            }
            let dict = zelf.create(vm);
            if let Some(init) = Self::own_init(zelf.class(), vm) {
                let args = zelf.dicts.init.lock().clone();
                if let Err(raised) = init(zelf.as_object(), args, vm) {
                    let me = pyt_sched::current_id().get();
                    let dict = zelf.dicts.by_thread.lock().remove(&me);
                    drop(dict);
                    return Err(raised);
                }
            }
            Ok(dict)
        }

        /// As assigning, and as CPython's it asks a name that is no string whether it is
        /// `__dict__`.
        #[pymethod]
        fn __setattr__(
            zelf: &Py<Self>,
            name: PyObjectRef,
            value: PyObjectRef,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            match name.downcast_ref::<PyStr>() {
                Some(name) => Self::setattro(zelf, name, PySetterValue::Assign(value), vm),
                None if vm.bool_eq(&name, vm.ctx.intern_str("__dict__").as_object())? => {
                    Err(Self::read_only(zelf, vm))
                }
                None => Err(vm.new_type_error(format!(
                    "attribute name must be string, not '{}'",
                    name.class().slot_name(),
                ))),
            }
        }

        fn read_only(zelf: &Py<Self>, vm: &VirtualMachine) -> PyBaseExceptionRef {
            vm.new_attribute_error(format!(
                "'{}' object attribute '__dict__' is read-only",
                zelf.class().slot_name(),
            ))
        }

        #[pygetset(name = "__dict__")]
        fn dict(zelf: rustpython_vm::PyRef<Self>, vm: &VirtualMachine) -> PyResult<PyDictRef> {
            Self::of_this_thread(&zelf, vm)
        }

        #[pymethod]
        fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
            pickling::refuse(zelf.as_object(), vm)
        }
    }

    impl GetAttr for PyLocal {
        fn getattro(zelf: &Py<Self>, name: &Py<PyStr>, vm: &VirtualMachine) -> PyResult {
            let dict = Self::of_this_thread(zelf, vm)?;
            if name.as_bytes() == b"__dict__" {
                return Ok(dict.into());
            }
            zelf.as_object()
                .generic_getattr_opt(name, Some(dict), vm)?
                .ok_or_else(|| {
                    vm.new_attribute_error(format!(
                        "'{}' object has no attribute '{name}'",
                        zelf.class().slot_name(),
                    ))
                })
        }
    }

    impl SetAttr for PyLocal {
        fn setattro(
            zelf: &Py<Self>,
            name: &Py<PyStr>,
            value: PySetterValue,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            if name.as_bytes() == b"__dict__" {
                return Err(Self::read_only(zelf, vm));
            }
            let dict = Self::of_this_thread(zelf, vm)?;
            // A data descriptor of the class comes first: a property, a slot.
            let interned = vm.ctx.interned_str(name);
            if let Some(found) = interned.and_then(|name| zelf.class().get_attr(name))
                && let Some(set) = found.class().slots.descr_set.load()
            {
                return set(&found, zelf.to_owned().into(), value, vm);
            }
            match value {
                PySetterValue::Assign(value) => dict.set_item(name, value, vm),
                PySetterValue::Delete => dict.del_item(name, vm).map_err(|_| {
                    vm.new_attribute_error(format!(
                        "'{}' object has no attribute '{name}'",
                        zelf.class().slot_name(),
                    ))
                }),
            }
        }
    }
}
