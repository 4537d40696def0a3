//! Objects that all runtimes of a process share cannot be changed, in any runtime.
//!
//! The interpreter creates its native classes once for the process, and leaves many of them
//! writable. A function that a program stores on one of them would run in other runtimes, with
//! their rights. CPython refuses to set attributes of its static types ("cannot set 'x' attribute
//! of immutable type 'NoneType'"), and so does this module: it marks the classes immutable ("seals"
//! them), and guards the few other objects that are shared and writable. Classes that Python code
//! creates belong to one interpreter and are not changed.
//!
//! Which objects are shared is not listed here. `tests/embedding/shared_state.rs` finds them by
//! comparing two runtimes, and tries to change each one.

use std::{collections::BTreeMap, sync::OnceLock};

use parking_lot::{Mutex, RwLock};
use pyt_modules::{
    guards,
    upstream::{
        self,
        derived::{self, Change},
    },
};
use pyt_vm::{process_lock::lock_detached, shared_classes};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyDict, PyModule, PyModuleDef, PyNamespace, PyStr, PyType},
    function::{FuncArgs, PySetterValue},
    types::PyTypeFlags,
};

type SetAttribute = fn(&PyObject, &Py<PyStr>, PySetterValue, &VirtualMachine) -> PyResult<()>;

/// Changes the definitions of native modules so that each module is sealed once it is filled.
pub(crate) fn seal_on_import(defs: &mut BTreeMap<&'static str, &'static PyModuleDef>) {
    for def in defs.values_mut() {
        *def = derived::derive(guards::definition(def), seal_module as Change);
    }
}

/// Seals all shared objects that exist. Called once in each interpreter, before it runs code of the
/// program or of the host.
pub(crate) fn seal(vm: &VirtualMachine) -> PyResult<()> {
    guard_setters(vm)?;
    add_monitoring_events(vm)?;
    let types = &vm.ctx.types;
    for class in [types.mappingproxy_type, types.frame_locals_proxy_type] {
        class.set_abc_collection_flags_recursive(MAPPING);
    }
    let modules = vm.sys_module.get_attr("modules", vm)?;
    if let Some(modules) = modules.downcast_ref::<PyDict>() {
        for (_, module) in modules {
            if let Some(module) = module.downcast_ref::<PyModule>() {
                seal_classes_of(module, vm);
            }
        }
    }
    fill_before_sealing(vm)?;
    seal_static_classes(vm);
    Ok(())
}

/// Modules of upstream's that store on their classes in the way of a program, which a sealed class
/// refuses, when they are filled.
const STORING_ON_CLASSES: [&str; 1] = ["_contextvars"];

/// Fills these modules once for the process, before any class is sealed: of two interpreters that
/// import such a module at once, one could seal its classes while the other fills it.
fn fill_before_sealing(vm: &VirtualMachine) -> PyResult<()> {
    static DONE: Mutex<bool> = Mutex::new(false);
    let mut done = lock_detached(&DONE, vm);
    if *done {
        return Ok(());
    }
    for name in STORING_ON_CLASSES {
        if let Some(def) = vm.state.module_defs.get(name) {
            let module = def.create_module(vm)?;
            def.exec_module(vm, &module)?;
        }
    }
    *done = true;
    Ok(())
}

/// Creates every shared class of the modules that an isolated program may import, and seals it:
/// once for the process, so that no thread of an isolated program can access a class between its
/// creation and its sealing. Modules that cannot be filled here cannot be imported by the program
/// either.
pub(super) fn create_shared_classes(
    defs: &BTreeMap<&'static str, &'static PyModuleDef>,
    vm: &VirtualMachine,
) {
    static DONE: Mutex<bool> = Mutex::new(false);
    // Some of these modules import others, which are Python.
    let mut done = lock_detached(&DONE, vm);
    if *done {
        return;
    }
    let listed = vm.sys_module.get_attr("modules", vm);
    for (name, def) in defs {
        let is_listed = listed
            .as_ref()
            .is_ok_and(|modules| modules.get_item(*name, vm).is_ok());
        if is_listed || CREATED_BY_IMPORT_ONLY.contains(name) {
            continue;
        }
        if let Ok(module) = def.create_module(vm)
            && def.exec_module(vm, &module).is_ok()
        {
            module.dict().clear();
        }
    }
    seal_static_classes(vm);
    *done = true;
}

/// Modules of pyt that register themselves with the interpreter when they are filled. Their classes
/// are created immutable.
const CREATED_BY_IMPORT_ONLY: [&str; 7] = [
    "_thread",
    "threading",
    "queue",
    "_queue",
    "concurrent.futures._base",
    "concurrent.futures.thread",
    "time",
];

/// Seals the classes of a native module that has just been filled.
fn seal_module(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    seal_classes_of(module, vm);
    // During the start, `seal` does this once for all modules.
    if vm.initialized {
        seal_static_classes(vm);
    }
    match module.def.map_or("", |def| def.name.as_str()) {
        "_abc" => guard_abc_register(module, vm),
        "_weakref" => guard_weakrefs(module, vm),
        "_collections" => mark_sequence(module, "deque", vm),
        "array" => mark_sequence(module, "array", vm),
        "_functools" => share_placeholder(module, vm),
        _ => Ok(()),
    }
}

const MAPPING: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::MAPPING]);
const SEQUENCE: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::SEQUENCE]);

/// Makes a native class match sequence patterns, as in CPython. In upstream `collections.abc` does
/// so by [`abc_register`], which does not change native classes here.
fn mark_sequence(module: &Py<PyModule>, name: &str, vm: &VirtualMachine) -> PyResult<()> {
    let class = module.dict().get_item(name, vm)?;
    if let Some(class) = class.downcast_ref::<PyType>()
        && !class.slots.flags.has_feature(PyTypeFlags::SEQUENCE)
    {
        class.set_abc_collection_flags_recursive(SEQUENCE);
    }
    Ok(())
}

/// Gives all interpreters the same `functools.Placeholder`. Upstream makes one for each, and stores
/// it on the class, which they share: `type(Placeholder)()` then has the one of another
/// interpreter.
///
/// The one that upstream has made, a small object, is kept to the end of the process.
fn share_placeholder(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    static SHARED: OnceLock<PyObjectRef> = OnceLock::new();
    let name = "Placeholder";
    let made = module.dict().get_item(name, vm)?;
    let shared = SHARED.get_or_init(|| made.clone());
    if made.is(shared) {
        return Ok(());
    }
    let instance = vm.ctx.intern_str("_instance");
    shared_classes::set_attribute(made.class(), instance, shared.clone());
    module.dict().set_item(name, shared.clone(), vm)
}

/// Native modules of pyt whose contents are classes of Python code, which each interpreter creates.
const WITH_PYTHON_CLASSES: [&str; 2] = ["concurrent.futures._base", "concurrent.futures.thread"];

/// Seals the classes that a native module contains. Exceptions that it creates once for the process
/// are registered as the first interpreter's, and are found only here.
fn seal_classes_of(module: &Py<PyModule>, vm: &VirtualMachine) {
    let Some(def) = module.def else {
        return;
    };
    if WITH_PYTHON_CLASSES.contains(&def.name.as_str()) {
        return;
    }
    for (name, value) in &module.dict() {
        let name = name.downcast_ref::<PyStr>().and_then(|name| name.to_str());
        // Not `__loader__`, a class of the import system.
        if let Some(class) = value.downcast_ref::<PyType>()
            && name.is_some_and(|name| !name.starts_with("__"))
        {
            seal_class(class, vm);
        }
    }
}

/// Seals all classes that no interpreter owns.
fn seal_static_classes(vm: &VirtualMachine) {
    let mut todo: Vec<PyRef<PyType>> = vec![vm.ctx.types.object_type.to_owned()];
    while let Some(class) = todo.pop() {
        seal_class(&class, vm);
        let subclasses = class.subclasses.read();
        // Classes whose last reference this is are dropped after the lock.
        let upgraded: Vec<_> = subclasses
            .iter()
            .filter_map(|weak| weak.upgrade())
            .collect();
        drop(subclasses);
        let upgraded = upgraded
            .into_iter()
            .filter_map(|class| class.downcast::<PyType>().ok());
        // Upstream makes a class immortal last. Until then another interpreter creates it, and is
        // the one to seal it.
        todo.extend(upgraded.filter(|class| is_unowned(class) && class.as_object().is_immortal()));
    }
}

/// Whether the class belongs to no interpreter, so that all share it.
fn is_unowned(class: &PyType) -> bool {
    class.is_visible_to_interpreter(i64::MIN)
}

fn is_sealed(class: &PyType) -> bool {
    class.slots.flags.has_feature(PyTypeFlags::IMMUTABLETYPE)
}

pub(super) fn seal_class(class: &Py<PyType>, vm: &VirtualMachine) {
    const IMMUTABLE: PyTypeFlags = PyTypeFlags::from_slice(&[PyTypeFlags::IMMUTABLETYPE]);
    guards::guard_class(class, vm);
    if is_sealed(class) {
        guard_metaclass(class.class(), vm);
        return;
    }
    // Reading `__annotations__` of a class stores a new `dict` there.
    let cache = vm.ctx.intern_str("__annotations_cache__");
    if class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE)
        && class.get_direct_attr(cache).is_none()
    {
        let empty = vm.ctx.types.mappingproxy_type.as_object();
        if let Ok(empty) = empty.call((vm.ctx.new_dict(),), vm) {
            shared_classes::set_attribute(class, cache, empty);
        }
    }
    class.slots.flags.replace_masked(IMMUTABLE, IMMUTABLE);
    guard_metaclass(class.class(), vm);
}

/// The original functions of metaclasses that set attributes in their own way, by address.
static METACLASS_SETTERS: RwLock<BTreeMap<usize, SetAttribute>> = RwLock::new(BTreeMap::new());

/// Makes a native metaclass with a `__setattr__` of its own refuse to change sealed classes.
fn guard_metaclass(metaclass: &Py<PyType>, vm: &VirtualMachine) {
    let types = &vm.ctx.types;
    if metaclass.is(types.type_type) || !is_unowned(metaclass) {
        return;
    }
    let Some(own) = metaclass.slots().setattro.load() else {
        return;
    };
    let is = |other: SetAttribute| own as usize == other as usize;
    let inherited = types.type_type.slots().setattro.load();
    if is(set_class_attribute) || inherited.is_some_and(is) {
        return;
    }
    let address = std::ptr::from_ref(metaclass).addr();
    METACLASS_SETTERS.write().insert(address, own);
    metaclass.slots().setattro.store(Some(set_class_attribute));
}

fn set_class_attribute(
    class: &PyObject,
    name: &Py<PyStr>,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if let Some(class) = class.downcast_ref::<PyType>()
        && is_sealed(class)
    {
        return Err(immutable(name.as_object(), class, vm));
    }
    let setters = METACLASS_SETTERS.read();
    let metaclass = class.class();
    let known = metaclass.mro.read().iter().find_map(|metaclass| {
        let address = std::ptr::from_ref::<Py<PyType>>(metaclass).addr();
        setters.get(&address).copied()
    });
    drop(setters);
    match known {
        Some(set) => set(class, name, value, vm),
        None => Err(vm.new_system_error("a metaclass has no original __setattr__")),
    }
}

fn immutable(
    name: &PyObject,
    class: &Py<PyType>,
    vm: &VirtualMachine,
) -> rustpython_vm::builtins::PyBaseExceptionRef {
    let name = name.str(vm).map(|name| name.to_string());
    let name = name.unwrap_or_default();
    let class = class.name();
    vm.new_type_error(format!(
        "cannot set '{name}' attribute of immutable type '{class}'"
    ))
}

/// The original descriptors whose setters change sealed objects.
struct Setters {
    abstract_methods: PyObjectRef,
    module: PyObjectRef,
}

static SETTERS: OnceLock<Setters> = OnceLock::new();

fn setters(vm: &VirtualMachine) -> PyResult<&'static Setters> {
    SETTERS
        .get()
        .ok_or_else(|| vm.new_system_error("a guarded setter has no original"))
}

/// Replaces the setters of `type.__abstractmethods__` and of `__module__` of native functions,
/// which change sealed objects. Once for the process.
fn guard_setters(vm: &VirtualMachine) -> PyResult<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _one = lock_detached(&ONE_AT_A_TIME, vm);
    if SETTERS.get().is_some() {
        return Ok(());
    }
    let class = vm.ctx.types.type_type;
    let function = vm.ctx.types.builtin_function_or_method_type;
    let abstract_methods = vm.ctx.intern_str("__abstractmethods__");
    let module = vm.ctx.intern_str("__module__");
    let missing = || vm.new_system_error("the interpreter lacks a descriptor");
    let before = Setters {
        abstract_methods: class
            .get_direct_attr(abstract_methods)
            .ok_or_else(missing)?,
        module: function.get_direct_attr(module).ok_or_else(missing)?,
    };
    if SETTERS.set(before).is_err() {
        return Ok(());
    }
    let guarded = vm.ctx.new_getset(
        "__abstractmethods__",
        class,
        |class: PyObjectRef, vm: &VirtualMachine| get(&setters(vm)?.abstract_methods, class, vm),
        set_abstract_methods,
    );
    shared_classes::set_attribute(class, abstract_methods, guarded.into());
    let guarded = vm.ctx.new_getset(
        "__module__",
        function,
        |function: PyObjectRef, vm: &VirtualMachine| get(&setters(vm)?.module, function, vm),
        set_module,
    );
    shared_classes::set_attribute(function, module, guarded.into());
    Ok(())
}

/// The value of a descriptor for `object`.
fn get(descriptor: &PyObjectRef, object: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    let class = object.class().to_owned();
    vm.call_method(descriptor, "__get__", (object, class))
}

/// Sets or deletes the attribute of `object` by a descriptor.
fn set(
    descriptor: &PyObjectRef,
    object: PyObjectRef,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    match descriptor.class().slots().descr_set.load() {
        Some(set) => set(descriptor, object, value, vm),
        None => Err(vm.new_attribute_error("readonly attribute")),
    }
}

fn set_abstract_methods(
    class: PyObjectRef,
    value: PySetterValue,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if let Some(class) = class.downcast_ref::<PyType>()
        && is_sealed(class)
    {
        return Err(immutable(
            vm.ctx.new_str("__abstractmethods__").as_object(),
            class,
            vm,
        ));
    }
    set(&setters(vm)?.abstract_methods, class, value, vm)
}

/// `__module__` of a native function. Only functions of modules belong to one interpreter; the
/// others are methods of native classes.
fn set_module(function: PyObjectRef, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
    let bound = function.get_attr("__self__", vm)?;
    if vm.is_none(&bound) || bound.downcast_ref::<PyType>().is_some() {
        let message = "attribute '__module__' of a native class's method is not writable";
        return Err(vm.new_attribute_error(message));
    }
    set(&setters(vm)?.module, function, value, vm)
}

/// Adds a `sys.monitoring.events` for this interpreter: upstream creates one for the process.
fn add_monitoring_events(vm: &VirtualMachine) -> PyResult<()> {
    let monitoring = vm.sys_module.get_attr("monitoring", vm)?;
    let shared = monitoring.get_attr("events", vm)?;
    let Some(names) = shared.dict() else {
        return Ok(());
    };
    let own = PyNamespace {}.into_ref(&vm.ctx);
    for (name, value) in &names {
        let Ok(name) = name.downcast::<PyStr>() else {
            continue;
        };
        own.as_object().set_attr(&*name, value, vm)?;
    }
    monitoring.set_attr("events", own, vm)
}

/// Replaces `_abc._abc_register` with one that does not change shared classes: in upstream a class
/// that is registered as a sequence or a mapping matches such patterns from then on, with all its
/// subclasses, in every interpreter. CPython does not change immutable types.
fn guard_abc_register(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let register = vm.new_function("_abc_register", abc_register);
    module.dict().set_item("_abc_register", register.into(), vm)
}

fn abc_register(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    const COLLECTION: PyTypeFlags = PyTypeFlags::COLLECTION;
    let class = |index: usize| {
        let object = args.args.get(index).cloned()?;
        object.downcast::<PyType>().ok()
    };
    let (Some(base), Some(subclass)) = (class(0), class(1)) else {
        return upstream::call("_abc", "_abc_register", args, vm);
    };
    let flags = base.slots.flags.load() & COLLECTION;
    if flags.is_empty() || !is_sealed(&subclass) {
        return upstream::call("_abc", "_abc_register", args, vm);
    }
    // Upstream copies the kind of collection from the base.
    base.slots.flags.remove_masked(COLLECTION);
    let registered = upstream::call("_abc", "_abc_register", args, vm);
    base.slots.flags.replace_masked(COLLECTION, flags);
    registered
}

/// Replaces `_weakref.getweakrefs` and `getweakrefcount` with functions that omit references to
/// shared objects: other runtimes may have created them, and their callbacks refer to those
/// runtimes' globals.
fn guard_weakrefs(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let dict = module.dict();
    let refs = vm.new_function(
        "getweakrefs",
        |object: PyObjectRef, vm: &VirtualMachine| -> PyResult {
            if is_shared(&object) {
                return Ok(vm.ctx.new_list(Vec::new()).into());
            }
            upstream::call("_weakref", "getweakrefs", FuncArgs::from(vec![object]), vm)
        },
    );
    dict.set_item("getweakrefs", refs.into(), vm)?;
    let count = vm.new_function(
        "getweakrefcount",
        |object: PyObjectRef, vm: &VirtualMachine| -> PyResult {
            if is_shared(&object) {
                return Ok(vm.ctx.new_int(0).into());
            }
            upstream::call(
                "_weakref",
                "getweakrefcount",
                FuncArgs::from(vec![object]),
                vm,
            )
        },
    );
    dict.set_item("getweakrefcount", count.into(), vm)
}

/// Whether other runtimes may hold references to the object: native classes and their methods.
fn is_shared(object: &PyObject) -> bool {
    match object.downcast_ref::<PyType>() {
        Some(class) => is_sealed(class),
        None => object.is_immortal(),
    }
}
