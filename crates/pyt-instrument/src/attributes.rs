//! From reading and changing an attribute to its steps.
//!
//! An attribute of an instance may be that of its class or of a class above it, until the instance
//! has one of its own: all places where it is looked for are read. What descriptors written in
//! Python by the program do are steps of their own.
//!
//! No Python code runs here.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult,
    builtins::{PyFunction, PyModule, PyProperty, PyStrInterned, PyType},
    types::PyTypeFlags,
};

use super::{
    access::{Access, Target},
    hash,
    object_kinds::{self, ObjectKind},
    resolve::{EXISTING, Emit, INTERNALS, METHODS, MODULE_ATTRIBUTE, OWN_DATA, Resolver, THREADS},
};

/// Attributes that say what an object is, or what a function does: changing them changes operations
/// that do not name them.
const INTERNAL: [&str; 10] = [
    "__bases__",
    "__class__",
    "__code__",
    "__defaults__",
    "__kwdefaults__",
    "__closure__",
    "__getattr__",
    "__get__",
    "__mro__",
    "__slots__",
];

/// Attributes of functions by which the library learns what they take.
const OF_FUNCTIONS: [&str; 5] = [
    "__annotate__",
    "__annotations__",
    "__signature__",
    "__type_params__",
    "__wrapped__",
];

/// Where a class finds an attribute.
struct Found {
    /// The classes written in Python in which it was looked for, by address; in the last one it was
    /// found, if that is written in Python.
    searched: Vec<usize>,
    value: Option<PyObjectRef>,
    /// The class in which it was found is written in Python.
    in_python: bool,
}

impl Resolver<'_> {
    pub(super) fn load_attribute(
        &self,
        object: &PyObject,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if object.downcast_ref::<PyModule>().is_some() {
            return self.load_of_module(object, name, emit);
        }
        if name.as_str() == "__dict__" {
            self.known.expose(object, self.vm);
            return Ok(());
        }
        if name.as_str() == "f_locals" {
            self.known.not_seen(EXISTING);
        }
        // The dictionary may be changed, and then no attribute is set.
        match name.as_str() {
            "__kwdefaults__" => self.known.never_seen(INTERNALS),
            "__annotations__" => self.known.not_seen(INTERNALS),
            "ident" | "native_id" if self.object_kind(object) == ObjectKind::Primitive => {
                self.known.not_seen(THREADS);
            }
            _ => {}
        }
        let types = &self.vm.ctx.types;
        if object.class().is(types.bound_method_type) {
            // It has the attributes of its function.
            return match object.get_attr("__func__", self.vm) {
                Ok(function) => self.load_attribute(&function, name, emit),
                Err(_) => Ok(()),
            };
        }
        if object.class().is(types.super_type) {
            return match object.get_attr("__self__", self.vm) {
                Ok(of) => self.load_from_above(&of, name, emit),
                Err(_) => Ok(()),
            };
        }
        if let Some(class) = object.downcast_ref::<PyType>() {
            return self.load_of_class(class, name, emit);
        }
        let part = hash::name(name.as_str());
        let target = Target::Attribute(object, name);
        let address = self.known.attributes_of(object);
        let class = object.class();
        let found = find(class, name);
        if self.known.is_stored("__class__") && found.in_python {
            emit(Access::new(false, address, hash::name("__class__"), target))?;
        }
        let Some(value) = &found.value else {
            if !has_attributes(class) {
                return Ok(());
            }
            emit(Access::new(false, address, part, target))?;
            return if self.has_own(object, name) {
                Ok(())
            } else {
                // A class may come to have it.
                self.searched(&found, part, target, emit)
            };
        };
        let is_private = name.as_str().starts_with('_') && !name.as_str().starts_with("__");
        if is_private && !found.in_python && self.object_kind(object) == ObjectKind::Primitive {
            self.known.not_seen(OWN_DATA);
        }
        if is_slot(value, class, self.vm) {
            return emit(Access::new(false, address, part, target));
        }
        if let Some(property) = value.downcast_ref::<PyProperty>() {
            return if self.is_python(property.as_object(), "fget") {
                self.replaceable(&found, name, part, target, emit)
            } else {
                // What a function of the library reads, or keeps.
                emit(Access::new(true, address, 0, Target::Whole(object)).going_on())
            };
        }
        if value.class().is(self.vm.ctx.types.getset_type)
            || value.class().is(self.vm.ctx.types.member_descriptor_type)
        {
            return if !name.as_str().starts_with("__") || self.is_told(object, name.as_str()) {
                emit(Access::new(false, address, part, target))
            } else {
                Ok(())
            };
        }
        if object_kinds::is_binding(value, self.vm) {
            if self.known.is_stored(name.as_str()) {
                emit(Access::new(false, address, part, target))?;
            }
            return self.replaceable(&found, name, part, target, emit);
        }
        if is_descriptor(value) {
            let is_ours = self.is_of_program(value.class(), "__get__");
            let gives_way = value.class().slots.descr_set.load().is_none();
            if !is_ours {
                // It may keep something in the instance, whose own attribute comes first from then
                // on, as with `cached_property`.
                let is_called = !(gives_way && self.has_own(object, name));
                let access = Access::new(is_called, address, part, target);
                return emit(if is_called { access.going_on() } else { access });
            }
            if gives_way {
                emit(Access::new(false, address, part, target))?;
            }
            return self.replaceable(&found, name, part, target, emit);
        }
        // As long as the instance has none, it is the class's.
        emit(Access::new(false, address, part, target))?;
        self.searched(&found, part, target, emit)
    }

    /// `super().name` in a method of `object`'s: what any class of its order has.
    pub(super) fn load_from_above(
        &self,
        object: &PyObject,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if self.known.is_stored(name.as_str()) {
            let class = object.downcast_ref::<PyType>().unwrap_or(object.class());
            let order = class.mro.read().clone();
            let part = hash::name(name.as_str());
            for one in &order {
                if one.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
                    let target = Target::Attribute(one.as_object(), name);
                    emit(Access::new(false, one.get_id(), part, target))?;
                }
            }
        }
        Ok(())
    }

    fn load_of_class(
        &self,
        class: &Py<PyType>,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let part = hash::name(name.as_str());
        let target = Target::Attribute(class.as_object(), name);
        let found = find(class, name);
        match &found.value {
            Some(value) if object_kinds::is_binding(value, self.vm) => {
                return self.replaceable(&found, name, part, target, emit);
            }
            Some(_) => return self.searched(&found, part, target, emit),
            None => self.searched(&found, part, target, emit)?,
        }
        let of_meta = find(class.class(), name);
        match &of_meta.value {
            Some(value) if object_kinds::is_binding(value, self.vm) => {
                self.replaceable(&of_meta, name, part, target, emit)
            }
            _ => self.searched(&of_meta, part, target, emit),
        }
    }

    /// Reads the attribute of each class in which it was looked for.
    fn searched(
        &self,
        found: &Found,
        part: u64,
        target: Target<'_>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        for &class in &found.searched {
            emit(Access::new(false, class, part, target))?;
        }
        Ok(())
    }

    fn has_own(&self, object: &PyObject, name: &'static PyStrInterned) -> bool {
        object
            .dict()
            .is_some_and(|dict| matches!(dict.get_item_opt(name, self.vm), Ok(Some(_))))
    }

    /// A method or the like: a variable only if the program sets attributes of this name.
    fn replaceable(
        &self,
        found: &Found,
        name: &'static PyStrInterned,
        part: u64,
        target: Target<'_>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if found.in_python && self.known.is_stored(name.as_str()) {
            self.searched(found, part, target, emit)
        } else {
            Ok(())
        }
    }

    fn load_of_module(
        &self,
        module: &PyObject,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let Some(dict) = module.dict() else {
            return Ok(());
        };
        if !self.known.is_user_module(dict.get_id()) {
            if name.as_str() == "__dict__" {
                self.takes_from_library(module, dict.as_object());
            } else if let Ok(Some(value)) = dict.get_item_opt(name, self.vm) {
                self.takes_from_library(module, &value);
                let is_constant = name
                    .as_str()
                    .bytes()
                    .all(|letter| !letter.is_ascii_lowercase());
                if !is_constant && !object_kinds::is_binding(&value, self.vm) {
                    return self.reads_what_is_kept(module, emit);
                }
            }
            return Ok(());
        }
        let is_binding = matches!(
            dict.get_item_opt(name, self.vm),
            Ok(Some(value)) if object_kinds::is_binding(&value, self.vm)
        );
        if is_binding && !self.known.is_stored(name.as_str()) {
            return Ok(());
        }
        emit(Access::new(
            false,
            dict.get_id(),
            hash::name(name.as_str()),
            Target::Global(&dict, name),
        ))
    }

    /// An attribute is set to `value`, or deleted.
    pub(super) fn store_attribute(
        &self,
        object: &PyObject,
        name: &'static PyStrInterned,
        value: Option<&PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let part = hash::name(name.as_str());
        if object.downcast_ref::<PyModule>().is_some()
            && let Some(dict) = object.dict()
        {
            self.known.not_seen(MODULE_ATTRIBUTE);
            let target = Target::Global(&dict, name);
            let is_added = self.is_added(dict.as_object(), name.as_object(), part);
            return emit(Access::new(true, dict.get_id(), part, target).adding_if(is_added));
        }
        let target = Target::Attribute(object, name);
        let address = self.known.attributes_of(object);
        if name.as_str() == "__dict__" {
            if let Some(value) = value {
                self.known.adopt(object, value);
            }
            return emit(Access::new(true, address, 0, Target::Whole(object)));
        }
        if INTERNAL.contains(&name.as_str()) {
            self.known.not_seen(INTERNALS);
            return emit(Access::new(true, address, 0, target));
        }
        let is_special = name.as_str().starts_with("__") && name.as_str().ends_with("__");
        let of_function =
            object.downcast_ref::<PyFunction>().is_some() && OF_FUNCTIONS.contains(&name.as_str());
        if of_function || is_special && object.downcast_ref::<PyType>().is_some() {
            // Operations look it up without its name.
            self.known.not_seen(INTERNALS);
        }
        self.renames(object, name.as_str());
        self.changes_kept(object);
        let is_known = self.known.is_stored(name.as_str());
        if let Some(class) = object.downcast_ref::<PyType>() {
            let before = find(class, name).value;
            let binds = |value: &PyObject| object_kinds::is_binding(value, self.vm);
            let binds = before.as_deref().is_some_and(binds) || value.is_some_and(binds);
            if binds && !is_known {
                self.known.not_seen(METHODS);
            }
            if !self.is_class_of_user(class) {
                self.known.not_seen(METHODS);
            }
            let is_added = class.get_direct_attr(name).is_none();
            return emit(Access::new(true, address, part, target).adding_if(is_added));
        }
        match find(object.class(), name).value {
            Some(setter) if setter.downcast_ref::<PyProperty>().is_some() => {
                if self.is_python(&setter, "fset") {
                    return Ok(());
                }
                return emit(Access::new(true, address, 0, Target::Whole(object)).going_on());
            }
            Some(method) if !is_known && object_kinds::is_binding(&method, self.vm) => {
                self.known.not_seen(METHODS);
            }
            // Reading it is no step, as long as the program sets none of this name.
            Some(native)
                if !is_known
                    && name.as_str().starts_with("__")
                    && native.class().is(self.vm.ctx.types.member_descriptor_type) =>
            {
                self.known.not_seen(INTERNALS);
            }
            _ => {}
        }
        // (A slot has no place in the dictionary: that its attribute is not there says nothing.)
        let is_added = object
            .dict()
            .is_some_and(|dict| self.is_added(dict.as_object(), name.as_object(), part));
        emit(Access::new(true, address, part, target).adding_if(is_added))
    }

    /// `object.__setattr__(instance, name, value)` and the like. Returns whether `method` is one.
    pub(super) fn attribute_method(
        &self,
        receiver: &PyObject,
        method: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<bool> {
        let change = match method {
            "__setattr__" | "__delattr__" => true,
            "__getattribute__" => false,
            "__set__" | "__delete__" | "__get__" => {
                // A slot is set by its descriptor.
                let change = method != "__get__";
                if let Some(object) = arguments.next() {
                    let is_code = object.downcast_ref::<PyType>().is_some()
                        || object.downcast_ref::<PyFunction>().is_some();
                    if change && is_code {
                        self.known.not_seen(INTERNALS);
                    }
                    let address = self.known.attributes_of(object);
                    emit(Access::new(change, address, 0, Target::Whole(object)))?;
                }
                return Ok(true);
            }
            _ => return Ok(false),
        };
        let name = arguments.next().and_then(|name| self.interned(name));
        let Some(name) = name else {
            return Ok(true);
        };
        if change {
            self.store_attribute(receiver, name, arguments.next(), emit)?;
        } else {
            self.load_attribute(receiver, name, emit)?;
        }
        Ok(true)
    }

    /// Whether a property's function is one of the program's.
    fn is_python(&self, property: &PyObject, which: &'static str) -> bool {
        let function = property.get_attr(which, self.vm).ok();
        let function = function.as_ref().and_then(|one| one.downcast_ref());
        let code = function.and_then(|one: &Py<PyFunction>| object_kinds::code_of(one, self.vm));
        code.is_some_and(|code| self.known.is_user_code(code))
    }

    /// Whether a class has a method that is the program's.
    fn is_of_program(&self, class: &Py<PyType>, method: &'static str) -> bool {
        let found = class.get_attr(self.vm.ctx.intern_str(method));
        let function = found.as_ref().and_then(|one| one.downcast_ref());
        let code = function.and_then(|one: &Py<PyFunction>| object_kinds::code_of(one, self.vm));
        code.is_some_and(|code| self.known.is_user_code(code))
    }

    /// The globals of a module of the program's may be changed as a dictionary, by another module
    /// than the one that reads them by their names.
    pub(super) fn changes_globals(&self, container: &PyObject) {
        let address = container.get_id();
        if !self.known.is_user_module(address) {
            return;
        }
        // A module that gets its own globals as a dictionary has steps for all of them.
        if self.operands.globals().get_id() != address {
            self.known.not_seen(MODULE_ATTRIBUTE);
        }
    }

    /// Whether native code, or the library, reads what the attributes of an instance hold: one of a
    /// class of `collections` written in Python, or of a native class.
    pub(super) fn is_collection(&self, object: &PyObject) -> bool {
        if self.object_kind(object) != ObjectKind::Instance {
            return false;
        }
        let order = object.class().mro.read().clone();
        order.iter().any(|class| {
            let is_python = class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE);
            if is_python {
                self.module_of(class.as_object()).as_deref() == Some("collections")
            } else {
                class.slot_name().ends_with("SimpleNamespace")
            }
        })
    }
}

/// Looks for an attribute in the classes of `class`'s order.
fn find(class: &Py<PyType>, name: &'static PyStrInterned) -> Found {
    let order = class.mro.read().clone();
    let mut searched = Vec::new();
    for one in &order {
        let in_python = one.slots.flags.has_feature(PyTypeFlags::HEAPTYPE);
        if in_python {
            searched.push(one.get_id());
        }
        if let Some(value) = one.get_direct_attr(name) {
            return Found {
                searched,
                value: Some(value),
                in_python,
            };
        }
    }
    Found {
        searched,
        value: None,
        in_python: false,
    }
}

/// Whether instances have a dictionary.
fn has_attributes(class: &Py<PyType>) -> bool {
    class.slots.flags.has_feature(PyTypeFlags::HAS_DICT)
}

/// Whether a class attribute is a slot (`__slots__`) of a class written in Python.
fn is_slot(value: &PyObject, class: &Py<PyType>, vm: &rustpython_vm::VirtualMachine) -> bool {
    class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE)
        && value.class().is(vm.ctx.types.member_descriptor_type)
}

/// Whether a class attribute decides itself what reading it means.
fn is_descriptor(value: &PyObject) -> bool {
    value.class().slots.descr_get.load().is_some()
}
