//! From an instruction and its operands to its steps.
//!
//! No Python code runs here: dictionaries, classes and stacks are only read.

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult, VirtualMachine,
    builtins::{
        PyBoundMethod, PyCode, PyDict, PyFunction, PyList, PyModule, PyProperty, PyStr,
        PyStrInterned, PyTuple, PyType, descriptor::PyMethodDescriptor,
    },
    types::PyTypeFlags,
};

use super::{
    access::{Access, Target},
    hash,
    object_kinds::{self, Builtin, Builtins, Method, ObjectKind, ObjectKinds},
    operands::Operands,
    plan::Kind,
};

/// What resolving needs to know of the rest of the program.
pub(super) trait Known {
    /// Whether a code object, by address, is user code with sites of its own.
    fn is_user_code(&self, code: usize) -> bool;
    /// Whether a dictionary, by address, holds the globals of user code.
    fn is_user_module(&self, globals: usize) -> bool;
    fn object_kinds(&self) -> &ObjectKinds;
    fn builtins(&self) -> &Builtins;
}

/// Takes the steps, one by one; each may let other threads run first.
pub(super) type Emit<'e> = dyn FnMut(Access<'_>) -> PyResult<()> + 'e;

pub(super) struct Resolver<'a> {
    pub(super) known: &'a dyn Known,
    pub(super) code: &'a Py<PyCode>,
    pub(super) operands: &'a Operands<'a>,
    pub(super) vm: &'a VirtualMachine,
}

/// Where the interpreter would not show its stack: things that may be the same count as the same.
pub(super) fn unknown(kind: Kind, code: &PyCode) -> Option<Access<'static>> {
    let name = |name: u32| hash::name(code.code.names[name as usize].as_str());
    // No object lives at these addresses.
    let (object, part, change) = match kind {
        Kind::Global { name: at, change } => (1, name(at), change),
        Kind::Cell { change, .. } => (2, 0, change),
        Kind::LoadAttr { name: at } => (3, name(at), false),
        Kind::StoreAttr { name: at, .. } => (3, name(at), true),
        Kind::LoadItem | Kind::LoadSlice | Kind::Contains | Kind::Whole | Kind::Next => {
            (4, 0, false)
        }
        Kind::StoreItem | Kind::DeleteItem | Kind::StoreSlice => (4, 0, true),
        Kind::Operator { change } => (4, 0, change),
        Kind::Call { .. } | Kind::CallSpread => (4, 0, true),
        Kind::Turn | Kind::Step | Kind::Begin => return None,
    };
    Some(Access::new(change, object, part, Target::Unknown))
}

impl Resolver<'_> {
    /// Emits the steps of an instruction of this kind; none if it touches nothing shared.
    pub(super) fn resolve(&self, kind: Kind, emit: &mut Emit<'_>) -> PyResult<()> {
        let at = |below: usize| self.operands.stack(below);
        match kind {
            Kind::Global { name, change } => self.global(name, change, emit),
            Kind::Cell { slot, change } => match self.operands.local(slot as usize) {
                Some(cell) => emit(Access::new(change, cell.get_id(), 0, Target::Cell(cell))),
                None => Ok(()),
            },
            Kind::LoadAttr { name } => match at(0) {
                Some(object) => self.load_attribute(object, self.name(name), emit),
                None => Ok(()),
            },
            Kind::StoreAttr { name, .. } => match at(0) {
                Some(object) => self.store_attribute(object, self.name(name), emit),
                None => Ok(()),
            },
            Kind::LoadItem => self.item(at(1), at(0), false, emit),
            Kind::LoadSlice => self.item(at(2), None, false, emit),
            Kind::StoreItem => self.item(at(1), at(0), true, emit),
            Kind::DeleteItem => self.item(at(1), at(0), true, emit),
            Kind::StoreSlice => self.item(at(2), None, true, emit),
            Kind::Contains => self.contains(at(0), at(1), emit),
            Kind::Operator { change } => {
                if let Some(left) = at(1) {
                    self.whole(left, change, emit)?;
                }
                at(0).map_or(Ok(()), |right| self.whole(right, false, emit))
            }
            Kind::Whole | Kind::Next => {
                at(0).map_or(Ok(()), |object| self.whole(object, false, emit))
            }
            Kind::Call {
                arguments,
                keywords,
            } => self.call(arguments as usize, usize::from(keywords), emit),
            Kind::CallSpread => self.call_spread(emit),
            Kind::Turn | Kind::Step => emit(Access::step()),
            Kind::Begin => Ok(()),
        }
    }

    /// Whether the iterator on top is none of those that are known to come to an end.
    pub(super) fn may_never_end(&self) -> bool {
        let iterator = self.operands.stack(0);
        iterator.is_some_and(|iterator| {
            !matches!(
                self.object_kind(iterator),
                ObjectKind::Fixed | ObjectKind::Over
            )
        })
    }

    fn name(&self, name: u32) -> &'static PyStrInterned {
        self.code.code.names[name as usize]
    }

    fn object_kind(&self, object: &PyObject) -> ObjectKind {
        self.known.object_kinds().of(object, self.vm)
    }

    fn global(&self, name: u32, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let name = self.name(name);
        let globals = self.operands.globals();
        emit(Access::new(
            change,
            globals.get_id(),
            hash::name(name.as_str()),
            Target::Global(globals, name),
        ))
    }

    fn load_attribute(
        &self,
        object: &PyObject,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let part = hash::name(name.as_str());
        if object.downcast_ref::<PyModule>().is_some() {
            return self.load_of_module(object, name, emit);
        }
        if let Some(class) = object.downcast_ref::<PyType>() {
            return match self.class_with(class, name) {
                Some((owner, value)) if !object_kinds::is_binding(&value, self.vm) => emit(
                    Access::new(false, owner, part, Target::Attribute(object, name)),
                ),
                _ => Ok(()),
            };
        }
        let class = object.class();
        let of_class = class.get_attr(name);
        let inherited = match &of_class {
            Some(value) if is_slot(value, class, self.vm) => None,
            Some(value) if object_kinds::is_binding(value, self.vm) || is_descriptor(value) => {
                return Ok(());
            }
            Some(_) => self.class_with(class, name),
            None if !has_attributes(class) => return Ok(()),
            None => None,
        };
        let target = Target::Attribute(object, name);
        emit(Access::new(false, object.get_id(), part, target))?;
        // As long as the instance has none, it is the class's.
        match inherited {
            Some((owner, _)) => emit(Access::new(false, owner, part, target)),
            None => Ok(()),
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
            return Ok(());
        }
        match dict.get_item_opt(name, self.vm) {
            Ok(Some(value)) if !object_kinds::is_binding(&value, self.vm) => emit(Access::new(
                false,
                dict.get_id(),
                hash::name(name.as_str()),
                Target::Global(&dict, name),
            )),
            _ => Ok(()),
        }
    }

    /// The class, written in Python, in which `class` finds an attribute, and what it is.
    fn class_with(
        &self,
        class: &Py<PyType>,
        name: &'static PyStrInterned,
    ) -> Option<(usize, rustpython_vm::PyObjectRef)> {
        let order = class.mro.read().clone();
        order.iter().find_map(|one| {
            let value = one.get_direct_attr(name)?;
            one.slots
                .flags
                .has_feature(PyTypeFlags::HEAPTYPE)
                .then(|| (one.get_id(), value))
        })
    }

    fn store_attribute(
        &self,
        object: &PyObject,
        name: &'static PyStrInterned,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let part = hash::name(name.as_str());
        if object.downcast_ref::<PyModule>().is_some()
            && let Some(dict) = object.dict()
        {
            let target = Target::Global(&dict, name);
            return emit(Access::new(true, dict.get_id(), part, target));
        }
        let setter = object.class().get_attr(name);
        if setter.is_some_and(|setter| setter.downcast_ref::<PyProperty>().is_some()) {
            return Ok(());
        }
        let target = Target::Attribute(object, name);
        emit(Access::new(true, object.get_id(), part, target))
    }

    fn item(
        &self,
        container: Option<&PyObject>,
        key: Option<&PyObject>,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let Some(container) = container else {
            return Ok(());
        };
        let object_kind = self.object_kind(container);
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {}
            ObjectKind::Other => {}
            ObjectKind::Instance if self.is_of_library(container, "__getitem__") => {}
            _ => return Ok(()),
        }
        let part = key.map_or(0, |key| self.part(container, object_kind, key));
        let change = change || self.fills_in(container, object_kind, key, part);
        let target = match key {
            Some(key) => Target::Item(container, key),
            None => Target::Whole(container),
        };
        emit(Access::new(change, container.get_id(), part, target))
    }

    /// Which part of a container a key is.
    fn part(&self, container: &PyObject, object_kind: ObjectKind, key: &PyObject) -> u64 {
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set => hash::key(key, self.vm),
            ObjectKind::Sequence => match (hash::small_int(key, self.vm), container.downcast_ref())
            {
                (Some(index @ 0..), _) => hash::index(index),
                (Some(index), Some::<&Py<PyList>>(list)) => {
                    let length = i64::try_from(list.borrow_vec().len()).unwrap_or(i64::MAX);
                    hash::index(index + length)
                }
                _ => 0,
            },
            _ => 0,
        }
    }

    /// Whether reading this key may add it: `defaultdict`.
    fn fills_in(
        &self,
        container: &PyObject,
        object_kind: ObjectKind,
        key: Option<&PyObject>,
        part: u64,
    ) -> bool {
        if object_kind != ObjectKind::Mapping || container.class().is(self.vm.ctx.types.dict_type) {
            return false;
        }
        match (container.downcast_ref::<PyDict>(), key) {
            (Some(dict), Some(key)) if part != 0 => !dict.contains_key(key, self.vm),
            _ => true,
        }
    }

    fn contains(
        &self,
        container: Option<&PyObject>,
        item: Option<&PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let (Some(container), Some(item)) = (container, item) else {
            return Ok(());
        };
        match self.object_kind(container) {
            object_kind @ (ObjectKind::Mapping | ObjectKind::Set) => emit(Access::new(
                false,
                container.get_id(),
                self.part(container, object_kind, item),
                Target::Item(container, item),
            )),
            _ => self.whole(container, false, emit),
        }
    }

    /// An object as a whole, if it is a container or leads to one.
    fn whole(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        match self.object_kind(object) {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => emit(Access::new(
                change,
                object.get_id(),
                0,
                Target::Whole(object),
            )),
            ObjectKind::Over => {
                match object_kinds::beneath(object, self.known.object_kinds(), self.vm) {
                    Some(container) => emit(Access::new(
                        false,
                        container.get_id(),
                        0,
                        Target::Whole(&container),
                    )),
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }

    fn call(&self, arguments: usize, names: usize, emit: &mut Emit<'_>) -> PyResult<()> {
        let at = |below: usize| self.operands.stack(below);
        let Some(function) = at(names + arguments + 1) else {
            return Ok(());
        };
        let receiver = at(names + arguments);
        let argument = |number: usize| at(names + arguments - 1 - number);
        let all = || (0..arguments).filter_map(argument);
        let types = &self.vm.ctx.types;
        let class = function.class();
        if class.is(types.function_type) {
            return match function.downcast_ref::<PyFunction>() {
                Some(python) => self.library_call(python, receiver, &mut all(), emit),
                None => Ok(()),
            };
        }
        if let Some(method) = function.downcast_ref::<PyMethodDescriptor>() {
            let (receiver, first) = match receiver {
                Some(receiver) => (Some(receiver), 0),
                None => (argument(0), 1),
            };
            let mut rest = (first..arguments).filter_map(argument);
            return match receiver {
                Some(receiver) => self.method(receiver, method.method.name, &mut rest, emit),
                None => Ok(()),
            };
        }
        if class.is(types.builtin_function_or_method_type) {
            return self.native_function(function, &mut all(), emit);
        }
        if class.is(types.bound_method_type) {
            return self.bound_call(function, &mut all(), emit);
        }
        let makes_native = function
            .downcast_ref::<PyType>()
            .is_some_and(|made| !made.slots.flags.has_feature(PyTypeFlags::HEAPTYPE));
        if makes_native {
            return self.each(&mut all(), false, emit);
        }
        Ok(())
    }

    fn call_spread(&self, emit: &mut Emit<'_>) -> PyResult<()> {
        // function, nothing or self, tuple, dictionary or nothing.
        let (Some(function), Some(tuple)) = (self.operands.stack(3), self.operands.stack(1)) else {
            return Ok(());
        };
        let Some(tuple) = tuple.downcast_ref::<PyTuple>() else {
            return Ok(());
        };
        let mut all = tuple.as_slice().iter().map(|one| &**one);
        if let Some(python) = function.downcast_ref::<PyFunction>() {
            self.library_call(python, self.operands.stack(2), &mut all, emit)
        } else if function.downcast_ref::<PyBoundMethod>().is_some() {
            self.bound_call(function, &mut all, emit)
        } else if function
            .class()
            .is(self.vm.ctx.types.builtin_function_or_method_type)
        {
            self.native_function(function, &mut all, emit)
        } else {
            Ok(())
        }
    }

    /// A function written natively, or a method that is bound to its object.
    fn native_function(
        &self,
        function: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if self.known.builtins().get(function).is_some() {
            return self.native_call(function, arguments, emit);
        }
        let bound = function.get_attr("__self__", self.vm).ok();
        let bound = bound
            .filter(|bound| !self.vm.is_none(bound) && bound.downcast_ref::<PyModule>().is_none());
        match (bound, self.name_of(function)) {
            (Some(bound), Some(name)) => self.method(&bound, &name, arguments, emit),
            _ => self.native_call(function, arguments, emit),
        }
    }

    fn name_of(&self, function: &PyObject) -> Option<String> {
        let name = function.get_attr("__name__", self.vm).ok()?;
        Some(name.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
    }

    /// A method written natively.
    fn method(
        &self,
        receiver: &PyObject,
        name: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let method = Method::named(name);
        let object_kind = self.object_kind(receiver);
        let first = match object_kind {
            ObjectKind::Mapping | ObjectKind::Set if method.keyed => arguments.next(),
            _ => None,
        };
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                let part = first.map_or(0, |key| self.part(receiver, object_kind, key));
                let target = match first {
                    Some(key) => Target::Item(receiver, key),
                    None => Target::Whole(receiver),
                };
                let access = Access::new(method.change, receiver.get_id(), part, target);
                emit(access)?;
            }
            ObjectKind::Over => self.whole(receiver, false, emit)?,
            ObjectKind::Other => emit(Access::new(
                true,
                receiver.get_id(),
                0,
                Target::Whole(receiver),
            ))?,
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
        if method.takes {
            self.each(arguments, false, emit)?;
        }
        Ok(())
    }

    /// A function written natively.
    fn native_call(
        &self,
        function: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        match self.known.builtins().get(function) {
            Some(Builtin::Reads) => self.each(arguments, false, emit),
            Some(Builtin::Advances) => match arguments.next() {
                Some(iterator) => {
                    let target = Target::Whole(iterator);
                    if matches!(
                        self.object_kind(iterator),
                        ObjectKind::Over | ObjectKind::Other
                    ) {
                        emit(Access::new(true, iterator.get_id(), 0, target))?;
                    }
                    self.whole(iterator, false, emit)
                }
                None => Ok(()),
            },
            Some(Builtin::Prints) => {
                self.each(arguments, false, emit)?;
                match self.vm.sys_module.get_attr("stdout", self.vm) {
                    Ok(stream) => emit(Access::new(true, stream.get_id(), 0, Target::Unknown)),
                    Err(_) => Ok(()),
                }
            }
            Some(kind @ (Builtin::ReadsAttribute | Builtin::ChangesAttribute)) => {
                let (Some(object), Some(name)) = (arguments.next(), arguments.next()) else {
                    return Ok(());
                };
                let Some(name) = name.downcast_ref::<PyStr>() else {
                    return Ok(());
                };
                let name = self.vm.ctx.intern_str(name.to_string_lossy().as_ref());
                match kind {
                    Builtin::ReadsAttribute => self.load_attribute(object, name, emit),
                    _ => self.store_attribute(object, name, emit),
                }
            }
            // A method of a library: unknown.
            None => self.each(arguments, true, emit),
        }
    }

    /// A method that is bound to its object, written in Python.
    fn bound_call(
        &self,
        method: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let get = |name: &'static str| method.get_attr(name, self.vm).ok();
        let (Some(receiver), Some(function)) = (get("__self__"), get("__func__")) else {
            return Ok(());
        };
        match function.downcast_ref::<PyFunction>() {
            Some(python) => self.library_call(python, Some(&receiver), arguments, emit),
            None => Ok(()),
        }
    }

    /// A function written in Python: if it is user code its own accesses are steps; if not, it may
    /// do anything to what it is given.
    fn library_call(
        &self,
        function: &Py<PyFunction>,
        receiver: Option<&PyObject>,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let code = object_kinds::code_of(function, self.vm);
        if code.is_none_or(|code| self.known.is_user_code(code)) {
            return Ok(());
        }
        if let Some(receiver) = receiver
            && matches!(
                self.object_kind(receiver),
                ObjectKind::Mapping
                    | ObjectKind::Set
                    | ObjectKind::Sequence
                    | ObjectKind::Instance
                    | ObjectKind::Other
            )
        {
            let change = self
                .name_of(function.as_object())
                .is_none_or(|name| Method::named(&name).change);
            let target = Target::Whole(receiver);
            emit(Access::new(change, receiver.get_id(), 0, target))?;
        }
        self.each(arguments, true, emit)
    }

    /// The containers among the arguments of a call.
    fn each(
        &self,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        for argument in arguments {
            self.whole(argument, change, emit)?;
        }
        Ok(())
    }

    /// Whether the class of `object` has this method from a library written in Python.
    fn is_of_library(&self, object: &PyObject, method: &'static str) -> bool {
        let name = self.vm.ctx.intern_str(method);
        let Some(found) = object.class().get_attr(name) else {
            return false;
        };
        found
            .downcast_ref::<PyFunction>()
            .and_then(|function| object_kinds::code_of(function, self.vm))
            .is_some_and(|code| !self.known.is_user_code(code))
    }
}

/// Whether instances have a dictionary.
fn has_attributes(class: &Py<PyType>) -> bool {
    class.slots.flags.has_feature(PyTypeFlags::HAS_DICT)
}

/// Whether a class attribute is a slot (`__slots__`) of a class written in Python.
fn is_slot(value: &PyObject, class: &Py<PyType>, vm: &VirtualMachine) -> bool {
    class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE)
        && value.class().is(vm.ctx.types.member_descriptor_type)
}

/// Whether a class attribute decides itself what reading it means.
fn is_descriptor(value: &PyObject) -> bool {
    value.class().slots.descr_get.load().is_some()
}
