//! From an instruction and its operands to its steps.
//!
//! No Python code runs here: dictionaries, classes and stacks are only read.
//!
//! `calls` is about what is called, `methods` about native methods, `library_calls` about functions
//! of the library, `inside` about what arguments lead to, `outside` about files and the
//! environment.

mod calls;
mod inside;
mod library_calls;
mod methods;
mod outside;

use std::cell::Cell;

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyCode, PyDict, PyFunction, PyList, PyStr, PyStrInterned, PyType},
    bytecode::CodeFlags,
};

use super::{
    access::{Access, Target},
    beneath::{References, Source, Sources},
    first_looks::FirstLooks,
    generators::Running,
    hash, library,
    object_kinds::{self, Builtin, Builtins, ObjectKind, ObjectKinds},
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
    /// Another thread, if there is one, may notice what the calling thread does next, and no step
    /// says so.
    fn not_seen(&self, what: &str);
    /// As [`not_seen`](Self::not_seen), whatever threads there are.
    fn never_seen(&self, what: &str);
    /// Whether the program sets attributes of this name.
    fn is_stored(&self, name: &str) -> bool;
    /// The program gets the dictionary of an instance.
    fn expose(&self, object: &PyObject, vm: &VirtualMachine);
    /// The dictionary of an instance is replaced.
    fn adopt(&self, object: &PyObject, dict: &PyObject);
    /// What the attributes of an object are parts of, by address.
    fn attributes_of(&self, object: &PyObject) -> usize;
    /// What the items of a container are parts of.
    fn items_of(&self, container: &PyObject) -> usize;
    fn builtins(&self) -> &Builtins;
    /// Whether it is one of the streams that standard output and error are made of.
    fn is_standard_stream(&self, object: &PyObject) -> bool;
    /// What the run has found in the file system.
    fn first_looks(&self, note: &mut dyn FnMut(&mut FirstLooks));
}

/// How many objects inside an argument are followed.
const MAX_INSIDE: usize = 64;
/// How many streams that wrap one another are followed.
const MAX_STREAMS: usize = 8;

/// Methods of `collections` that say what a missing key has, and store nothing.
const STORING_NOTHING: [&str; 2] = ["Counter.__missing__", "ChainMap.__missing__"];

/// Functions of `os` that use the environment.
const ENVIRONMENT: [&str; 4] = ["getenv", "getenvb", "putenv", "unsetenv"];

/// Reasons why trying all orders of the steps proves nothing.
pub(super) const CALLBACK: &str =
    "what the library does, to a container or what it keeps, between two steps of its own";
const DEEP: &str = "objects deep inside the arguments of a function of the library";
const DELEGATION: &str = "a generator that threads share waits in `yield from`";
const LIBRARY_GENERATOR: &str = "what a generator of the library reads as it goes on";
const EVENT_LOOP: &str = "other orders of the tasks of an event loop";
const LENT: &str = "when the library calls a function, not the program's own, that it was given";
const NATIVE_KEY: &str = "what a function of the library reads of the items of a container";
const SETTINGS: &str = "a setting of the interpreter that a thread changes";
pub(super) const EXISTING: &str = "which objects, classes and frames there are";
/// As the list of waiters of a condition: the steps of primitives say what these do, not how.
pub(super) const OWN_DATA: &str =
    "what a primitive of the library keeps in attributes of its own (`_waiters`)";
const HIDDEN: &str =
    "what a native object of the library wraps or shares without showing it (`mmap`, `ctypes`)";
const NUMBERS: &str = "which numbers open files have (`fileno`)";
const PRIMITIVE_TEXT: &str = "what the text of a primitive or of a thread says of its state";
pub(super) const THREADS: &str = "which threads are alive";
const STREAMS: &str = "which stream `print` writes to";
const MODULE_TABLE: &str = "which modules `sys.modules` has";
pub(super) const MODULE_ATTRIBUTE: &str =
    "reads, by its name, of a global that is set as an attribute of its module";
pub(super) const METHODS: &str = "calls of a method that is replaced";
pub(super) const INTERNALS: &str =
    "what an object or a function is made to do by a special attribute";
pub(super) const LAST_REFERENCE: &str = "which thread lets go of an object with `__del__` last";
const LIFETIME: &str = "whether an object that a weak reference leads to still exists";
pub(super) const ATOMIC: &str = "what an import, or `pyt.atomic()`, does while other threads run";
pub(super) const STALE: &str =
    "what an operation touches since another thread has changed that while it waited";
pub(super) const TORN: &str = "what comes between the accesses of one operation again and again";

/// Takes the steps, one by one; each may let other threads run first.
pub(super) type Emit<'e> = dyn FnMut(Access<'_>) -> PyResult<()> + 'e;

pub(super) struct Resolver<'a> {
    pub(super) known: &'a dyn Known,
    pub(super) code: &'a Py<PyCode>,
    pub(super) operands: &'a Operands<'a>,
    pub(super) vm: &'a VirtualMachine,
    /// What is looked at becomes text.
    pub(super) showing: Cell<bool>,
}

/// Where the interpreter would not show its stack: things that may be the same count as the same.
pub(super) fn unknown(kind: Kind, code: &PyCode) -> Option<Access<'static>> {
    let name = |name: u32| hash::name(code.code.names[name as usize].as_str());
    // No object lives at these addresses.
    let (object, part, change) = match kind {
        Kind::Global { name: at, change } => (1, name(at), change),
        Kind::Cell { change, .. } => (2, 0, change),
        Kind::LoadAttr { name: at } | Kind::LoadFromAbove { name: at } => (3, name(at), false),
        Kind::StoreAttr { name: at, .. } => (3, name(at), true),
        Kind::LoadItem
        | Kind::LoadSlice
        | Kind::Contains
        | Kind::Whole
        | Kind::Shows { .. }
        | Kind::MatchKeys
        | Kind::MatchClass
        | Kind::Compare
        | Kind::Iterate => (4, 0, false),
        Kind::Next | Kind::Send | Kind::Suspend => (4, 0, true),
        Kind::StoreItem | Kind::DeleteItem | Kind::StoreSlice => (4, 0, true),
        Kind::Raise { .. } => (3, 0, true),
        Kind::Operator { change } => (4, 0, change),
        Kind::Call { .. } | Kind::CallSpread | Kind::ExitByException => (4, 0, true),
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
            Kind::LoadFromAbove { name } => match at(0) {
                Some(object) if self.known.is_stored(self.name(name).as_str()) => {
                    self.load_from_above(object, self.name(name), emit)
                }
                Some(object) => self.load_attribute(object, self.name(name), emit),
                None => Ok(()),
            },
            Kind::LoadAttr { name } => match at(0) {
                Some(object) => self.load_attribute(object, self.name(name), emit),
                None => Ok(()),
            },
            Kind::StoreAttr { name, delete } => match at(0) {
                Some(object) => {
                    let value = if delete { None } else { at(1) };
                    self.store_attribute(object, self.name(name), value, emit)
                }
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
            Kind::Shows { below } => {
                let shown = at(below as usize);
                shown.map_or(Ok(()), |object| self.shown(object, emit))
            }
            Kind::MatchKeys => at(1).map_or(Ok(()), |object| self.whole(object, false, emit)),
            Kind::MatchClass => at(2).map_or(Ok(()), |object| self.state_of(object, false, emit)),
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
            Kind::Raise { below } => {
                at(below as usize).map_or(Ok(()), |raised| self.raise(raised, emit))
            }
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
            // Above it are its receiver, where the exception came from, and two exceptions.
            Kind::ExitByException => at(4).map_or(Ok(()), |exit| {
                self.called(exit, at(3), &mut std::iter::empty(), emit)
            }),
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

    pub(super) fn object_kind(&self, object: &PyObject) -> ObjectKind {
        self.known.object_kinds().of(object, self.vm)
    }

    fn global(&self, name: u32, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let name = self.name(name);
        if let Some(names) = self.operands.other_locals() {
            // Given to `exec`, with local variables of its own.
            let target = Target::Item(names, name.as_object());
            let part = hash::name(name.as_str());
            emit(Access::new(
                change,
                self.known.items_of(names),
                part,
                target,
            ))?;
        }
        let globals = self.operands.globals();
        let part = hash::name(name.as_str());
        let is_added = change && self.is_added(globals.as_object(), name.as_object(), part);
        let target = Target::Global(globals, name);
        emit(Access::new(change, globals.get_id(), part, target).adding_if(is_added))
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
        if container.downcast_ref::<PyType>().is_some() && behind.is_some() {
            let part = key.map_or(0, |key| hash::key(key, self.vm));
            let target = Target::Whole(container);
            return emit(Access::new(false, container.get_id(), part, target));
        }
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {}
            ObjectKind::Other => {}
            ObjectKind::Instance if self.is_collection(container) => {
                return self.state_of(container, change, emit);
            }
            ObjectKind::Instance if self.is_of_library(container, "__getitem__") => {
                self.holds_weakly(container);
            }
            _ => return Ok(()),
        }
        // An item of a view of memory may be several of what it shows.
        let part = match key {
            Some(key) if behind.is_none() || object_kind != ObjectKind::Sequence => {
                self.part(container, object_kind, key)
            }
            _ => 0,
        };
        let fills_in = self.fills_in(container, object_kind, key, part);
        if fills_in {
            self.makes_value(container, emit)?;
        }
        let change = change || fills_in;
        let is_added = change && key.is_some_and(|key| self.is_added(container, key, part));
        if change {
            self.changes_names(container);
        }
        let target = match key {
            Some(key) => Target::Item(container, key),
            None => Target::Whole(container),
        };
        let address = self.known.items_of(container);
        emit(Access::new(change, address, part, target).adding_if(is_added))
    }

    /// A dictionary is changed that may hold names: of a module, or of all modules.
    fn changes_names(&self, container: &PyObject) {
        if self.object_kind(container) != ObjectKind::Mapping {
            return;
        }
        self.changes_globals(container);
        let modules = self.vm.sys_module.get_attr("modules", self.vm);
        if modules.is_ok_and(|modules| modules.is(container)) {
            self.known.not_seen(MODULE_TABLE);
        }
    }

    /// Whether a change of this key, which is part `part` of the container, adds it: a key that is
    /// not there comes last, and so the order of all keys depends on when it is added.
    pub(super) fn is_added(&self, container: &PyObject, key: &PyObject, part: u64) -> bool {
        part != 0
            && container
                .downcast_ref::<PyDict>()
                .is_some_and(|dict| !dict.contains_key(key, self.vm))
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

    /// What a `defaultdict` calls for the value of a key that it adds, if that is native.
    fn makes_value(&self, container: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        match container.get_attr("default_factory", self.vm) {
            Ok(factory) => self.called_without_arguments(&factory, emit),
            Err(_) => Ok(()),
        }
    }

    /// Native code calls this.
    pub(super) fn called_without_arguments(
        &self,
        function: &PyObject,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let none = &mut std::iter::empty();
        let types = &self.vm.ctx.types;
        if let Some(python) = function.downcast_ref::<PyFunction>() {
            self.library_call(python, None, none, emit)
        } else if function.class().is(types.bound_method_type) {
            self.bound_call(function, none, emit)
        } else if function.class().is(types.builtin_function_or_method_type) {
            self.native_function(function, none, emit)
        } else {
            self.other_call(function, none, emit)
        }
    }

    /// Whether reading this key may add it: `defaultdict`, but not `Counter`.
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
            let is_user_code = code.is_some_and(|code| self.known.is_user_code(code));
            !is_user_code && !self.stores_nothing(&missing)
        });
        if !fills {
            return false;
        }
        match (container.downcast_ref::<PyDict>(), key) {
            (Some(dict), Some(key)) if part != 0 => !dict.contains_key(key, self.vm),
            _ => true,
        }
    }

    /// Whether it is a method `__missing__` of the library that only says what a missing key has.
    fn stores_nothing(&self, missing: &PyObject) -> bool {
        let name = missing.get_attr("__qualname__", self.vm).ok();
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
        name.and_then(|name| name.to_str())
            .is_some_and(|name| STORING_NOTHING.contains(&name))
            && self.module_of(missing).as_deref() == Some("collections")
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
        if behind.is_some() && container.downcast_ref::<PyType>().is_some() {
            let part = hash::key(item, self.vm);
            let target = Target::Whole(container);
            return emit(Access::new(false, container.get_id(), part, target));
        }
        match self.object_kind(container) {
            object_kind @ (ObjectKind::Mapping | ObjectKind::Set) => emit(Access::new(
                false,
                self.known.items_of(container),
                self.part(container, object_kind, item),
                Target::Item(container, item),
            )),
            ObjectKind::Sequence
            | ObjectKind::View
            | ObjectKind::Iterator
            | ObjectKind::Lazy
            | ObjectKind::Fixed => self.compared(container, item, emit),
            ObjectKind::Generator if !is_leaf(item, self.vm) => {
                // The items that it yields are not known before.
                self.known.not_seen(NATIVE_KEY);
                self.whole(container, false, emit)
            }
            // A named tuple.
            _ if self.is_fixed_collection(container) => self.compared(container, item, emit),
            _ => self.whole(container, false, emit),
        }
    }

    /// The items of a container are compared with `item`.
    fn compared(&self, container: &PyObject, item: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        self.deep_one(container, false, emit)?;
        self.deep_one(item, false, emit)
    }

    /// Whether it is a tuple or a frozen set, or of a class that derives from these.
    pub(super) fn is_fixed_collection(&self, object: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        let class = object.class();
        class.fast_issubclass(types.tuple_type) || class.fast_issubclass(types.frozenset_type)
    }

    /// An object as a whole, if it is a container or leads to one.
    fn whole(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        if self.standard_stream(object, change, emit)? {
            return Ok(());
        }
        let behind = self.behind(object);
        let object = behind.as_deref().unwrap_or(object);
        if behind.is_some() && object.downcast_ref::<PyType>().is_some() {
            let target = Target::Whole(object);
            return emit(Access::new(false, object.get_id(), 0, target));
        }
        match self.object_kind(object) {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => emit(Access::new(
                change,
                self.known.items_of(object),
                0,
                Target::Whole(object),
            )),
            ObjectKind::Instance if self.is_collection(object) => {
                self.state_of(object, change, emit)
            }
            ObjectKind::View => self.beneath(object, emit),
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.advance(object, emit)
            }
            // It takes its items.
            ObjectKind::Other if object.class().slots.iternext.load().is_some() => {
                self.advance(object, emit)
            }
            ObjectKind::Other => {
                let target = Target::Whole(object);
                emit(Access::new(change, object.get_id(), 0, target))
            }
            ObjectKind::Instance if self.holds_weakly(object) => {
                let target = Target::Whole(object);
                emit(Access::new(change, object.get_id(), 0, target))
            }
            ObjectKind::Instance if self.is_of_library(object, "__next__") => {
                self.state_of(object, true, emit)
            }
            ObjectKind::Instance if self.is_of_library(object, "__iter__") => {
                self.state_of(object, false, emit)
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => Ok(()),
        }
    }

    /// An access to standard output or error, if `object` is a stream that these are made of.
    fn standard_stream(
        &self,
        object: &PyObject,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<bool> {
        let is_one = self.known.is_standard_stream(object);
        if is_one {
            let target = Target::Whole(object);
            emit(Access::new(change, library::STANDARD_STREAMS, 0, target).of_library())?;
        }
        Ok(is_one)
    }

    /// Whether an instance is of a class that holds its items by weak references: then which there
    /// are is not seen.
    fn holds_weakly(&self, object: &PyObject) -> bool {
        let order = object.class().mro.read().clone();
        let is_weak = order.iter().any(|class| {
            let module = self.module_of(class.as_object());
            module.is_some_and(|module| library::tells_lifetimes(&module))
        });
        if is_weak {
            self.known.not_seen(LIFETIME);
        }
        is_weak
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
            ObjectKind::Generator => {
                self.library_generator(iterator);
                Ok(())
            }
            ObjectKind::Instance if self.is_of_library(iterator, "__next__") => {
                self.state_of(iterator, true, emit)
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::View | ObjectKind::Instance => {
                Ok(())
            }
        }
    }

    /// A generator of the library's goes on with what it was given when it was made, which is not
    /// known any more.
    fn library_generator(&self, generator: &PyObject) {
        let code = generator.get_attr("gi_code", self.vm).ok();
        let Some(code) = code.as_ref().and_then(|code| code.downcast_ref::<PyCode>()) else {
            return;
        };
        let file = code.source_path().as_str();
        let passes_on = ["concurrent", "asyncio", "contextlib", "threading"];
        if !self.known.is_user_code(code.get_id())
            && !passes_on.iter().any(|module| file.contains(module))
        {
            self.known.not_seen(LIBRARY_GENERATOR);
        }
    }

    /// `yield from` and `await`.
    fn delegate(&self, iterator: Option<&PyObject>, emit: &mut Emit<'_>) -> PyResult<()> {
        let flags = self.code.code.flags;
        if flags.intersects(CodeFlags::COROUTINE | CodeFlags::ASYNC_GENERATOR) {
            self.known.never_seen(EVENT_LOOP);
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
    pub(super) fn change(&self, object: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        if self.standard_stream(object, true, emit)? {
            return Ok(());
        }
        let target = Target::Whole(object);
        emit(Access::new(true, object.get_id(), 0, target))?;
        let attributes = self.known.attributes_of(object);
        if attributes == object.get_id() {
            Ok(())
        } else {
            emit(Access::new(true, attributes, 0, target))
        }
    }

    /// An instance with the containers that its attributes are.
    pub(super) fn state_of(
        &self,
        object: &PyObject,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let target = Target::Whole(object);
        let address = self.known.attributes_of(object);
        emit(Access::new(change, address, 0, target).going_on())?;
        let Some(attributes) = object.dict() else {
            return Ok(());
        };
        for (_, value) in attributes.items_vec() {
            if self.has_insides(&value) {
                self.deep_one(&value, change, emit)?;
            }
        }
        Ok(())
    }

    /// A string as the name of an attribute.
    pub(super) fn interned(&self, name: &PyObject) -> Option<&'static PyStrInterned> {
        let name = name.downcast_ref::<PyStr>()?;
        Some(self.vm.ctx.intern_str(name.to_string_lossy().as_ref()))
    }

    /// What a proxy of a dictionary or a view of memory shows.
    fn behind(&self, object: &PyObject) -> Option<PyObjectRef> {
        let types = &self.vm.ctx.types;
        let class = object.class();
        if !class.is(types.mappingproxy_type) && !class.is(types.memoryview_type) {
            return None;
        }
        let inside = object.gc_get_referents();
        let found = inside
            .into_iter()
            .find(|one| self.is_container(one) || one.downcast_ref::<PyType>().is_some());
        if found.is_some() || !class.is(types.memoryview_type) {
            return found;
        }
        // A stream or the like does not tell the garbage collector.
        let shown = object.get_attr("obj", self.vm).ok();
        shown.filter(|shown| self.object_kind(shown) == ObjectKind::Other)
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
            Source::Unchanging(_) | Source::Called(_) | Source::Looks { .. } | Source::Native => {
                false
            }
        };
        let shares = found.iter().any(shares);
        let looks = |source: &Source| {
            matches!(
                source,
                Source::Called(_) | Source::Looks { .. } | Source::Native
            )
        };
        let changes = found
            .iter()
            .any(|one| matches!(one, Source::Looks { change: true }));
        let looks = found.iter().any(looks);
        for source in found {
            match source {
                // What it calls may look into the items.
                Source::Container(container) | Source::Unchanging(container) if looks => {
                    self.deep_one(&container, changes, emit)?;
                }
                Source::Unchanging(_) => {}
                Source::Container(container) => {
                    let target = Target::Whole(&container);
                    let address = self.known.items_of(&container);
                    emit(Access::new(false, address, 0, target))?;
                }
                Source::Shared(iterator) => self.advanced(&iterator, emit)?,
                Source::Native if shares => self.known.not_seen(NATIVE_KEY),
                Source::Native | Source::Looks { .. } => {}
                Source::Called(function) => {
                    if self
                        .known
                        .builtins()
                        .get(&function)
                        .is_some_and(Builtin::is_about_attributes)
                    {
                        self.known.not_seen(NATIVE_KEY);
                    }
                    self.native_function(&function, &mut std::iter::empty(), emit)?;
                }
            }
        }
        Ok(())
    }

    /// The name of the module that a function says it is from.
    pub(super) fn module_of(&self, function: &PyObject) -> Option<String> {
        let module = function.get_attr("__module__", self.vm).ok()?;
        Some(
            module
                .downcast_ref::<PyStr>()?
                .to_string_lossy()
                .into_owned(),
        )
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
