//! From an instruction and its operands to its steps.
//!
//! No Python code runs here: dictionaries, classes and stacks are only read.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{
        PyBoundMethod, PyCode, PyDict, PyFunction, PyList, PyModule, PyProperty, PyStr,
        PyStrInterned, PyTuple, PyType, descriptor::PyMethodDescriptor,
    },
    bytecode::CodeFlags,
    types::PyTypeFlags,
};

use super::{
    access::{Access, Target},
    beneath::{References, Source, Sources},
    files::{self, FileAccess},
    generators::Running,
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
    fn references(&self) -> &References;
    /// The generators that run while other threads may resume them.
    fn running(&self) -> &Running;
    /// Objects, by address, that functions of the library may change at any later call, since they
    /// were given a method of these.
    fn lent(&self) -> Vec<usize>;
    /// Adds one.
    fn lend(&self, object: usize);
    /// Another thread may notice what the calling thread does next, and no step says so.
    fn not_seen(&self, what: &str);
    fn builtins(&self) -> &Builtins;
}

/// How many objects inside an argument are followed.
const MAX_INSIDE: usize = 64;

/// Functions of `os` that use the environment.
const ENVIRONMENT: [&str; 4] = ["getenv", "getenvb", "putenv", "unsetenv"];

/// Modules of the library whose functions pass on what they are given and leave it as it is.
const PASSING_ON: [&str; 14] = [
    "threading",
    "_thread",
    "queue",
    "_queue",
    "concurrent",
    "functools",
    "_functools",
    "time",
    "gc",
    "sys",
    "types",
    "typing",
    "abc",
    "weakref",
];

/// Reasons why trying all orders of the steps proves nothing.
pub(super) const CALLBACK: &str = "what the library does to a container between two steps";
const DEEP: &str = "objects deep inside the arguments of a function of the library";
const DELEGATION: &str = "a generator that threads share waits in `yield from`";
const EVENT_LOOP: &str = "other orders of the tasks of an event loop";
const LENT_METHOD: &str = "when the library calls a method of the program's that it was given";
const MODULE_ATTRIBUTE: &str =
    "reads, by its name, of a global that is set as an attribute of its module";

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
        Kind::LoadItem
        | Kind::LoadSlice
        | Kind::Contains
        | Kind::Whole
        | Kind::Shows
        | Kind::Compare
        | Kind::Iterate => (4, 0, false),
        Kind::Next | Kind::Send | Kind::Suspend => (4, 0, true),
        Kind::StoreItem | Kind::DeleteItem | Kind::StoreSlice => (4, 0, true),
        Kind::Operator { change } => (4, 0, change),
        Kind::Call { .. } | Kind::CallSpread => (4, 0, true),
        Kind::Return | Kind::Turn | Kind::Step | Kind::Begin => return None,
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
            Kind::Whole => at(0).map_or(Ok(()), |object| self.whole(object, false, emit)),
            Kind::Shows => at(0).map_or(Ok(()), |object| self.deep_one(object, false, emit)),
            Kind::Compare => {
                if let Some(left) = at(1) {
                    self.deep_one(left, false, emit)?;
                }
                at(0).map_or(Ok(()), |right| self.deep_one(right, false, emit))
            }
            Kind::Iterate => match at(0) {
                Some(object) if !self.object_kind(object).advances() => {
                    self.whole(object, false, emit)
                }
                _ => Ok(()),
            },
            Kind::Next => at(0).map_or(Ok(()), |iterator| self.advance(iterator, emit)),
            Kind::Send => self.delegate(at(1), emit),
            Kind::Suspend => match self.known.running().current() {
                Some(generator) => self.change(&generator, emit),
                None => Ok(()),
            },
            Kind::Call {
                arguments,
                keywords,
            } => self.call(arguments as usize, usize::from(keywords), emit),
            Kind::CallSpread => self.call_spread(emit),
            Kind::Turn | Kind::Step => emit(Access::step()),
            Kind::Begin | Kind::Return => Ok(()),
        }
    }

    /// Whether the iterator on top is none of those that are known to come to an end.
    pub(super) fn may_never_end(&self) -> bool {
        let iterator = self.operands.stack(0);
        iterator.is_some_and(|iterator| {
            !matches!(
                self.object_kind(iterator),
                ObjectKind::Fixed | ObjectKind::Iterator
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
            self.known.not_seen(MODULE_ATTRIBUTE);
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
        let behind = self.behind(container);
        let container = behind.as_deref().unwrap_or(container);
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
        // What a method `__missing__` of the user's does are steps of their own.
        let missing = container
            .class()
            .get_attr(self.vm.ctx.intern_str("__missing__"));
        let fills = missing.is_some_and(|missing| {
            let function = missing.downcast_ref::<PyFunction>();
            let code = function.and_then(|function| object_kinds::code_of(function, self.vm));
            code.is_none_or(|code| !self.known.is_user_code(code))
        });
        if !fills {
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
        let behind = self.behind(container);
        let container = behind.as_deref().unwrap_or(container);
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
        let behind = self.behind(object);
        let object = behind.as_deref().unwrap_or(object);
        match self.object_kind(object) {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => emit(Access::new(
                change,
                object.get_id(),
                0,
                Target::Whole(object),
            )),
            ObjectKind::View => self.beneath(object, emit),
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.advance(object, emit)
            }
            ObjectKind::Fixed
            | ObjectKind::Primitive
            | ObjectKind::Instance
            | ObjectKind::Other => Ok(()),
        }
    }

    /// Takes the next item of an iterator, or all of them: this changes it, and reads what lies
    /// beneath.
    fn advance(&self, iterator: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let kind = self.object_kind(iterator);
        let changes = kind.advances() || kind == ObjectKind::Other;
        // If the function that is about to do it has the only reference, no other thread has one.
        if changes && iterator.strong_count() > 1 {
            self.advanced(iterator, emit)?;
        }
        match kind {
            ObjectKind::Other => {
                self.open_file(iterator, true, emit)?;
                self.beneath(iterator, emit)
            }
            ObjectKind::Iterator | ObjectKind::Lazy => self.beneath(iterator, emit),
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                self.whole(iterator, false, emit)
            }
            ObjectKind::Fixed
            | ObjectKind::Primitive
            | ObjectKind::View
            | ObjectKind::Generator
            | ObjectKind::Instance => Ok(()),
        }
    }

    /// `yield from` and `await`.
    fn delegate(&self, iterator: Option<&PyObject>, emit: &mut Emit<'_>) -> PyResult<()> {
        let flags = self.code.code.flags;
        if flags.intersects(CodeFlags::COROUTINE | CodeFlags::ASYNC_GENERATOR) {
            self.known.not_seen(EVENT_LOOP);
        } else if self.known.running().current().is_some() {
            self.known.not_seen(DELEGATION);
        }
        iterator.map_or(Ok(()), |iterator| self.advance(iterator, emit))
    }

    /// An iterator that several threads may have goes on.
    fn advanced(&self, iterator: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        self.change(iterator, emit)?;
        self.known.running().resumed(iterator, self.vm);
        Ok(())
    }

    /// A change of all of an object.
    fn change(&self, object: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let target = Target::Whole(object);
        emit(Access::new(true, object.get_id(), 0, target))
    }

    /// What a proxy of a dictionary or a view of memory shows.
    fn behind(&self, object: &PyObject) -> Option<PyObjectRef> {
        let types = &self.vm.ctx.types;
        let class = object.class();
        if !class.is(types.mappingproxy_type) && !class.is(types.memoryview_type) {
            return None;
        }
        let inside = object.gc_get_referents();
        inside.into_iter().find(|one| self.is_container(one))
    }

    /// What lies beneath an iterator or a view.
    fn beneath(&self, object: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let sources = Sources {
            references: self.known.references(),
            object_kinds: self.known.object_kinds(),
            vm: self.vm,
        };
        let found = sources.of(object);
        // Two: the iterator, and `found`.
        let shares = |source: &Source| match source {
            Source::Container(container) => container.strong_count() > 2,
            Source::Shared(_) => true,
            Source::Called(_) | Source::Python => false,
        };
        let shares = found.iter().any(shares);
        for source in found {
            match source {
                Source::Container(container) => {
                    let target = Target::Whole(&container);
                    emit(Access::new(false, container.get_id(), 0, target))?;
                }
                Source::Shared(iterator) => self.advanced(&iterator, emit)?,
                Source::Python if shares => self.known.not_seen(CALLBACK),
                Source::Python => {}
                Source::Called(function) => {
                    self.native_function(&function, &mut std::iter::empty(), emit)?;
                }
            }
        }
        Ok(())
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
        self.other_call(function, &mut all(), emit)
    }

    /// A call of a class, or of an object that is no function.
    fn other_call(
        &self,
        callee: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        if let Some(made) = callee.downcast_ref::<PyType>() {
            if made.is(self.vm.ctx.types.str_type) {
                return self.deep(arguments, false, emit);
            }
            if !made.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
                return self.each(arguments, false, emit);
            }
            let init = made.get_attr(self.vm.ctx.intern_str("__init__"));
            let init = init.as_ref().map(|init| init.downcast_ref::<PyFunction>());
            return match init {
                Some(Some(python)) => self.library_call(python, None, arguments, emit),
                _ => self.each(arguments, false, emit),
            };
        }
        match self.object_kind(callee) {
            // `functools.partial`, `operator.itemgetter`, a cache: it may do anything.
            ObjectKind::Other | ObjectKind::Lazy => {
                self.change(callee, emit)?;
                for inside in callee.gc_get_referents() {
                    if inside
                        .class()
                        .is(self.vm.ctx.types.builtin_function_or_method_type)
                    {
                        self.native_function(&inside, &mut std::iter::empty(), emit)?;
                    } else {
                        self.deep_one(&inside, true, emit)?;
                    }
                }
                self.deep(arguments, true, emit)
            }
            ObjectKind::Instance if self.is_of_library(callee, "__call__") => {
                self.change(callee, emit)?;
                self.deep(arguments, true, emit)
            }
            // `dict.__setitem__` and `d.__setitem__`.
            ObjectKind::Fixed => {
                let receiver = callee.get_attr("__self__", self.vm).ok();
                match (receiver, self.name_of(callee)) {
                    (Some(receiver), Some(name)) => self.method(&receiver, &name, arguments, emit),
                    (None, Some(name)) => match arguments.next() {
                        Some(receiver) => self.method(receiver, &name, arguments, emit),
                        None => Ok(()),
                    },
                    _ => Ok(()),
                }
            }
            ObjectKind::Instance
            | ObjectKind::Primitive
            | ObjectKind::Mapping
            | ObjectKind::Set
            | ObjectKind::Sequence
            | ObjectKind::View
            | ObjectKind::Iterator
            | ObjectKind::Generator => Ok(()),
        }
    }

    fn call_spread(&self, emit: &mut Emit<'_>) -> PyResult<()> {
        // function, nothing or self, tuple, dictionary or nothing.
        let (Some(function), Some(tuple)) = (self.operands.stack(3), self.operands.stack(1)) else {
            return Ok(());
        };
        let Some(tuple) = tuple.downcast_ref::<PyTuple>() else {
            return Ok(());
        };
        let named = self.operands.stack(0);
        let named = named.and_then(|named| named.downcast_ref::<PyDict>());
        let named: Vec<_> = named.map_or_else(Vec::new, |named| named.items_vec());
        let named = named.iter().map(|(_, value)| &**value);
        let mut all = tuple.as_slice().iter().map(|one| &**one).chain(named);
        if let Some(python) = function.downcast_ref::<PyFunction>() {
            self.library_call(python, self.operands.stack(2), &mut all, emit)
        } else if function.downcast_ref::<PyBoundMethod>().is_some() {
            self.bound_call(function, &mut all, emit)
        } else if function
            .class()
            .is(self.vm.ctx.types.builtin_function_or_method_type)
        {
            self.native_function(function, &mut all, emit)
        } else if let Some(method) = function.downcast_ref::<PyMethodDescriptor>() {
            match self.operands.stack(2).or_else(|| all.next()) {
                Some(receiver) => self.method(receiver, method.method.name, &mut all, emit),
                None => Ok(()),
            }
        } else {
            self.other_call(function, &mut all, emit)
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
        let behind = self.behind(receiver);
        let receiver = behind.as_deref().unwrap_or(receiver);
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
            ObjectKind::View => self.beneath(receiver, emit)?,
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.advance(receiver, emit)?;
            }
            ObjectKind::Other => {
                self.change(receiver, emit)?;
                self.open_file(receiver, name.starts_with("read"), emit)?;
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
        if name == "sort" && object_kind.is_container() {
            for key in arguments {
                if self.is_shared_container(receiver) && self.is_callback(key) {
                    self.known.not_seen(CALLBACK);
                }
            }
            return Ok(());
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
            Some(Builtin::ReadsDeep) => self.deep(arguments, false, emit),
            Some(Builtin::Orders) => {
                let all: Vec<_> = arguments.collect();
                if all.iter().any(|one| self.is_callback(one))
                    && all.iter().any(|one| self.is_shared_container(one))
                {
                    self.known.not_seen(CALLBACK);
                }
                self.deep(&mut all.into_iter(), false, emit)
            }
            Some(Builtin::Opens) => self.files(FileAccess::Opens, None, arguments, emit),
            Some(Builtin::Advances) => match arguments.next() {
                Some(iterator) => self.advance(iterator, emit),
                None => Ok(()),
            },
            Some(Builtin::Prints) => {
                self.deep(arguments, false, emit)?;
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
            None => {
                let module = self.module_of(function).unwrap_or_default();
                let name = self.name_of(function).unwrap_or_default();
                match files::access_of(&module, &name) {
                    Some(access) => self.files(access, None, arguments, emit),
                    None => self.unknown_call(&module, true, arguments, emit),
                }
            }
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
        let module = self.module_of(function.as_object()).unwrap_or_default();
        let name = self.name_of(function.as_object()).unwrap_or_default();
        if module == "asyncio" || module.starts_with("asyncio.") {
            self.known.not_seen(EVENT_LOOP);
        }
        if module == "os" && ENVIRONMENT.contains(&name.as_str()) {
            return self.environment(!name.starts_with("getenv"), emit);
        }
        if let Some(access) = files::access_of(&module, &name) {
            return self.files(access, receiver, arguments, emit);
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
            let change = Method::named(&name).change;
            let target = Target::Whole(receiver);
            emit(Access::new(change, receiver.get_id(), 0, target))?;
        }
        self.unknown_call(&module, false, arguments, emit)
    }

    /// A module that was imported.
    fn module(&self, name: &Py<PyStr>) -> Option<PyObjectRef> {
        let modules = self.vm.sys_module.get_attr("modules", self.vm).ok()?;
        let modules = modules.downcast_ref::<PyDict>()?;
        modules.get_item_opt(name, self.vm).ok()?
    }

    /// The environment, as `os.environ` has it.
    fn environment(&self, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let os = self.module(self.vm.ctx.intern_str("os"));
        let environment = os.and_then(|os| os.dict()?.get_item_opt("environ", self.vm).ok()?);
        match environment {
            Some(environment) => {
                let target = Target::Whole(&environment);
                emit(Access::new(change, environment.get_id(), 0, target))
            }
            None => Ok(()),
        }
    }

    /// A function that uses the file system. `receiver` is the path of a method of a path.
    fn files(
        &self,
        access: FileAccess,
        receiver: Option<&PyObject>,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let path = receiver.or_else(|| arguments.next());
        let part = files::part(path, self.vm);
        let (change, part) = match access {
            FileAccess::Reads => (false, part),
            FileAccess::Changes => (true, part),
            FileAccess::Opens => (!files::only_reads(arguments.next()), part),
            FileAccess::ReadsAll => (false, 0),
            FileAccess::ChangesAll => (true, 0),
        };
        let target = Target::Unknown;
        emit(Access::new(change, files::FILE_SYSTEM, part, target))
    }

    /// An operation on an open file: it touches the file that others may open by its name.
    fn open_file(&self, file: &PyObject, reads: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let is_file = matches!(
            &*file.class().name(),
            "TextIOWrapper" | "BufferedReader" | "BufferedWriter" | "BufferedRandom" | "FileIO"
        );
        if !is_file {
            return Ok(());
        }
        let name = file.get_attr("name", self.vm).ok();
        let part = files::part(name.as_deref(), self.vm);
        let target = Target::Unknown;
        emit(Access::new(!reads, files::FILE_SYSTEM, part, target))
    }

    /// The name of the module that a function says it is from.
    fn module_of(&self, function: &PyObject) -> Option<String> {
        let module = function.get_attr("__module__", self.vm).ok()?;
        Some(
            module
                .downcast_ref::<PyStr>()?
                .to_string_lossy()
                .into_owned(),
        )
    }

    /// A function of the library, which may do anything to what it is given.
    fn unknown_call(
        &self,
        module: &str,
        is_native: bool,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let all: Vec<_> = arguments.collect();
        if is_native
            && all.iter().any(|one| self.is_callback(one))
            && all.iter().any(|one| self.is_shared_container(one))
        {
            self.known.not_seen(CALLBACK);
        }
        let arguments = &mut all.into_iter();
        if PASSING_ON.contains(&module.split('.').next().unwrap_or_default()) {
            return self.each(arguments, true, emit);
        }
        if !is_native {
            for object in self.known.lent() {
                emit(Access::new(true, object, 0, Target::Unknown))?;
            }
        }
        self.deep(arguments, true, emit)
    }

    fn is_container(&self, object: &PyObject) -> bool {
        let kind = self.object_kind(object);
        kind.is_container() || kind == ObjectKind::View
    }

    /// Whether it is a container that more than the calling function refers to.
    fn is_shared_container(&self, object: &PyObject) -> bool {
        object.strong_count() > 1 && self.is_container(object)
    }

    /// Whether native code that is given this object may call Python code.
    fn is_callback(&self, object: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        object.class().is(types.function_type) || object.class().is(types.bound_method_type)
    }

    /// The containers among the arguments of a call, and all that these have inside.
    fn deep(
        &self,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        for argument in arguments {
            self.deep_one(argument, change, emit)?;
        }
        Ok(())
    }

    fn deep_one(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        if is_leaf(object, self.vm) {
            return Ok(());
        }
        let mut known = vec![object.to_owned()];
        let mut next = 0;
        let mut followed = 0;
        while let Some(object) = known.get(next).cloned() {
            next += 1;
            if !self.touch(&object, change, emit)? {
                continue;
            }
            followed += 1;
            if followed > MAX_INSIDE {
                self.known.not_seen(DEEP);
                return Ok(());
            }
            for inside in object.gc_get_referents() {
                if !is_leaf(&inside, self.vm) && !known.iter().any(|known| known.is(&inside)) {
                    known.push(inside);
                }
            }
        }
        Ok(())
    }

    /// One of the objects that an argument leads to. Returns whether those inside it follow.
    fn touch(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<bool> {
        let types = &self.vm.ctx.types;
        let class = object.class();
        match self.object_kind(object) {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                self.whole(object, change, emit)?;
                Ok(true)
            }
            ObjectKind::View | ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.whole(object, change, emit)?;
                Ok(false)
            }
            ObjectKind::Instance if change => {
                self.change(object, emit)?;
                Ok(self.is_of_user(object))
            }
            ObjectKind::Other if change => {
                self.change(object, emit)?;
                Ok(false)
            }
            ObjectKind::Fixed if change && class.is(types.builtin_function_or_method_type) => {
                self.lend_method(object, emit)?;
                Ok(false)
            }
            ObjectKind::Fixed => Ok(class.is(types.tuple_type) || class.is(types.frozenset_type)),
            ObjectKind::Instance | ObjectKind::Other | ObjectKind::Primitive => Ok(false),
        }
    }

    /// A native method is passed to a function of the library, which may call it now or later.
    fn lend_method(&self, method: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        match method.get_attr("__self__", self.vm) {
            Ok(receiver) if self.is_container(&receiver) => {
                self.known.not_seen(LENT_METHOD);
                self.known.lend(receiver.get_id());
                self.change(&receiver, emit)
            }
            _ => Ok(()),
        }
    }

    /// Whether the class of an instance is the user's.
    fn is_of_user(&self, object: &PyObject) -> bool {
        let name = object
            .class()
            .get_direct_attr(self.vm.ctx.intern_str("__module__"));
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
        let globals = name.and_then(|name| self.module(name)?.dict());
        globals.is_none_or(|globals| self.known.is_user_module(globals.get_id()))
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

/// Whether an object has nothing inside that changes: numbers, strings and the like.
fn is_leaf(object: &PyObject, vm: &VirtualMachine) -> bool {
    let class = object.class();
    let types = &vm.ctx.types;
    class.is(types.int_type)
        || class.is(types.str_type)
        || class.is(types.float_type)
        || class.is(types.bool_type)
        || class.is(types.none_type)
        || class.is(types.bytes_type)
        || class.is(types.function_type)
        || class.is(types.type_type)
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
