//! From an instruction and its operands to its steps.
//!
//! No Python code runs here: dictionaries, classes and stacks are only read.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{
        PyBoundMethod, PyCode, PyDict, PyFunction, PyList, PyModule, PyStr, PyStrInterned, PyTuple,
        PyType, PyWeak, descriptor::PyMethodDescriptor,
    },
    bytecode::CodeFlags,
    types::PyTypeFlags,
};

use super::{
    access::{Access, Target},
    beneath::{References, Source, Sources},
    files::{self, FileAccess},
    first_looks::FirstLooks,
    generators::Running,
    hash, library,
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

/// Functions of `os` that use the environment.
const ENVIRONMENT: [&str; 4] = ["getenv", "getenvb", "putenv", "unsetenv"];

/// Reasons why trying all orders of the steps proves nothing.
pub(super) const CALLBACK: &str =
    "what the library does, to a container or what it keeps, between two steps of its own";
const DEEP: &str = "objects deep inside the arguments of a function of the library";
const DELEGATION: &str = "a generator that threads share waits in `yield from`";
const EVENT_LOOP: &str = "other orders of the tasks of an event loop";
const LENT: &str = "when the library calls a function, not the program's own, that it was given";
const NATIVE_KEY: &str = "what a function of the library reads of the items of a container";
const SETTINGS: &str = "a setting of the interpreter that a thread changes";
pub(super) const EXISTING: &str = "which objects, classes and frames there are";
/// As the list of waiters of a condition: the steps of primitives say what these do, not how.
pub(super) const OWN_DATA: &str =
    "what a primitive of the library keeps in attributes of its own (`_waiters`)";
const HIDDEN: &str =
    "what a native object of the library wraps without showing it (`BufferedRWPair`)";
const THREADS: &str = "which threads are alive";
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
pub(super) const TORN: &str = "what comes between the accesses of one operation again and again";

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
        | Kind::Shows { .. }
        | Kind::MatchKeys
        | Kind::MatchClass
        | Kind::Compare
        | Kind::Iterate => (4, 0, false),
        Kind::Next | Kind::Send | Kind::Suspend => (4, 0, true),
        Kind::StoreItem | Kind::DeleteItem | Kind::StoreSlice => (4, 0, true),
        Kind::Raise { .. } => (3, 0, true),
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
                shown.map_or(Ok(()), |object| self.deep_one(object, false, emit))
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
        emit(Access::new(
            change,
            globals.get_id(),
            hash::name(name.as_str()),
            Target::Global(globals, name),
        ))
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
        let change = change || self.fills_in(container, object_kind, key, part);
        if change {
            self.changes_names(container);
        }
        let target = match key {
            Some(key) => Target::Item(container, key),
            None => Target::Whole(container),
        };
        emit(Access::new(
            change,
            self.known.items_of(container),
            part,
            target,
        ))
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
                self.known.items_of(container),
                self.part(container, object_kind, item),
                Target::Item(container, item),
            )),
            ObjectKind::Sequence => {
                self.deep_one(container, false, emit)?;
                self.deep_one(item, false, emit)
            }
            _ => self.whole(container, false, emit),
        }
    }

    /// An object as a whole, if it is a container or leads to one.
    fn whole(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        if self.standard_stream(object, change, emit)? {
            return Ok(());
        }
        let behind = self.behind(object);
        let object = behind.as_deref().unwrap_or(object);
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
            ObjectKind::Other => {
                let target = Target::Whole(object);
                emit(Access::new(change, object.get_id(), 0, target))
            }
            ObjectKind::Instance if self.holds_weakly(object) => {
                let target = Target::Whole(object);
                emit(Access::new(change, object.get_id(), 0, target))
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
            if self.is_container(&value) || self.object_kind(&value) == ObjectKind::Other {
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
        inside
            .into_iter()
            .find(|one| self.is_container(one) || one.downcast_ref::<PyType>().is_some())
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
            Source::Called(_) | Source::Looks | Source::Native => false,
        };
        let shares = found.iter().any(shares);
        let looks =
            |source: &Source| matches!(source, Source::Called(_) | Source::Looks | Source::Native);
        let looks = found.iter().any(looks);
        for source in found {
            match source {
                // What it calls may look into the items.
                Source::Container(container) if looks => {
                    self.deep_one(&container, false, emit)?;
                }
                Source::Container(container) => {
                    let target = Target::Whole(&container);
                    let address = self.known.items_of(&container);
                    emit(Access::new(false, address, 0, target))?;
                }
                Source::Shared(iterator) => self.advanced(&iterator, emit)?,
                Source::Native if shares => self.known.not_seen(NATIVE_KEY),
                Source::Native | Source::Looks => {}
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
        if callee.downcast_ref::<PyWeak>().is_some() {
            self.known.not_seen(LIFETIME);
            let target = Target::Unknown;
            return emit(Access::new(false, library::LIFETIMES, 0, target).of_library());
        }
        if let Some(made) = callee.downcast_ref::<PyType>() {
            if made.is(self.vm.ctx.types.str_type) {
                return self.deep(arguments, false, emit);
            }
            if made.is(self.vm.ctx.types.weakref_type) && arguments.nth(1).is_some() {
                self.known.not_seen(LIFETIME);
                return Ok(());
            }
            if !made.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
                let module = self.module_of(made.as_object()).unwrap_or_default();
                let keeps = library::calls_later(&module);
                for argument in arguments {
                    if keeps {
                        self.lend(argument, emit)?;
                    }
                    self.whole(argument, false, emit)?;
                }
                return Ok(());
            }
            let init = made.get_attr(self.vm.ctx.intern_str("__init__"));
            let init = init.as_ref().map(|init| init.downcast_ref::<PyFunction>());
            return match init {
                Some(Some(python)) => self.library_call(python, None, arguments, emit),
                _ => self.each(arguments, false, emit),
            };
        }
        let module = self.module_of(callee).unwrap_or_default();
        if library::calls_later(&module) {
            // Such as `submit`, which is native.
            return self.unknown_call(&module, true, arguments, emit);
        }
        match self.object_kind(callee) {
            // `functools.partial`, `operator.itemgetter`, a cache: it may do anything.
            ObjectKind::Other | ObjectKind::Lazy => {
                emit(Access::new(true, callee.get_id(), 0, Target::Whole(callee)).going_on())?;
                // What only it refers to is reached through it, unless it gives that away.
                let gives_away = &*callee.class().name() == "partial";
                for inside in callee.gc_get_referents() {
                    if inside.strong_count() <= 2 && !gives_away {
                        continue;
                    }
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
                self.change(callee, &mut |access| emit(access.of_library()))?;
                self.deep(arguments, true, emit)
            }
            // `dict.__setitem__` and `d.__setitem__`.
            ObjectKind::Fixed => {
                let receiver = callee.get_attr("__self__", self.vm).ok();
                match (receiver, self.name_of(callee)) {
                    (Some(receiver), Some(name)) => {
                        if self.attribute_method(&receiver, &name, arguments, emit)? {
                            return Ok(());
                        }
                        self.method(&receiver, &name, arguments, emit)
                    }
                    (None, Some(name)) => match arguments.next() {
                        Some(receiver) => {
                            if self.attribute_method(receiver, &name, arguments, emit)? {
                                return Ok(());
                            }
                            self.method(receiver, &name, arguments, emit)
                        }
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
        // function, nothing or self, an iterable, a mapping or nothing.
        let (Some(function), Some(spread)) = (self.operands.stack(3), self.operands.stack(1))
        else {
            return Ok(());
        };
        let named = self.operands.stack(0);
        let mut given = match spread.downcast_ref::<PyTuple>() {
            Some(tuple) => tuple.as_slice().to_vec(),
            // The call itself takes all items.
            None => {
                self.spread(spread, emit)?;
                match spread.downcast_ref::<PyList>() {
                    Some(list) => list.borrow_vec().to_vec(),
                    None => vec![spread.to_owned()],
                }
            }
        };
        match named.map(|named| (named, named.downcast_ref::<PyDict>())) {
            Some((named, Some(values))) => {
                // One that the instructions before have made is in no other place.
                if named.strong_count() > 1 {
                    self.spread(named, emit)?;
                }
                given.extend(values.items_vec().into_iter().map(|(_, value)| value));
            }
            Some((named, None)) => {
                self.spread(named, emit)?;
                given.push(named.to_owned());
            }
            None => {}
        }
        let mut all = given.iter().map(|one| &**one);
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

    /// A call takes all items of `spread`, before the function begins.
    fn spread(&self, spread: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let is_over = self.object_kind(spread).is_container();
        self.whole(spread, false, &mut |access: Access<'_>| {
            emit(if is_over { access.passed_on() } else { access })
        })
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
        if self.standard_stream(receiver, true, emit)? {
            return self.deep(arguments, true, emit);
        }
        if self.own_method(receiver, name, emit)? {
            return Ok(());
        }
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
                if method.change {
                    self.changes_names(receiver);
                }
                let target = match first {
                    Some(key) => Target::Item(receiver, key),
                    None => Target::Whole(receiver),
                };
                let address = self.known.items_of(receiver);
                emit(Access::new(method.change, address, part, target))?;
            }
            _ if receiver.downcast_ref::<PyType>().is_some() && behind.is_some() => {
                let target = Target::Whole(receiver);
                emit(Access::new(false, receiver.get_id(), 0, target))?;
            }
            ObjectKind::View => self.beneath(receiver, emit)?,
            ObjectKind::Iterator | ObjectKind::Lazy | ObjectKind::Generator => {
                self.advance(receiver, emit)?;
            }
            ObjectKind::Other => {
                self.deep_one(receiver, true, emit)?;
                self.open_file(receiver, name.starts_with("read"), emit)?;
                if !method.takes {
                    return self.deep(arguments, true, emit);
                }
            }
            // (Of an instance: a native method of a class of the library's, such as `submit`.)
            ObjectKind::Primitive | ObjectKind::Instance if !name.starts_with("put") => {
                for argument in arguments {
                    self.lend(argument, emit)?;
                }
                return Ok(());
            }
            ObjectKind::Fixed if name.ends_with("_into") || name.ends_with("_from") => {
                return self.deep(arguments, true, emit);
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
        if matches!(name, "format" | "format_map") {
            // It may read attributes.
            for argument in arguments {
                self.deep_one(argument, false, emit)?;
                if self.object_kind(argument) == ObjectKind::Instance {
                    self.state_of(argument, false, emit)?;
                }
            }
            return Ok(());
        }
        if name == "sort" && object_kind.is_container() {
            let mut all = vec![receiver];
            for argument in arguments {
                all.push(argument);
            }
            return self.keys(&mut all.into_iter(), emit);
        }
        // What looks for an item compares it with those that are there.
        let compares = object_kind == ObjectKind::Sequence
            && matches!(
                name,
                "index" | "count" | "remove" | "__contains__" | "__eq__"
            );
        if compares {
            self.deep_one(receiver, false, emit)?;
        }
        if compares || object_kind == ObjectKind::Fixed {
            // Such as `int.from_bytes` or `str.translate`.
            self.deep(arguments, false, emit)
        } else if method.takes {
            self.each(arguments, false, emit)
        } else {
            Ok(())
        }
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
                self.keys(&mut all.iter().copied(), emit)?;
                self.deep(&mut all.into_iter(), false, emit)
            }
            Some(Builtin::Opens) => self.files(FileAccess::Opens, "open", None, arguments, emit),
            Some(Builtin::Exposes) => {
                let Some(object) = arguments.next() else {
                    return Ok(());
                };
                if object.downcast_ref::<PyModule>().is_some() {
                    let names = self.vm.ctx.intern_str("__dict__");
                    return self.load_attribute(object, names, emit);
                }
                self.known.expose(object, self.vm);
                Ok(())
            }
            Some(Builtin::Names) => self.names_of(arguments.next(), emit),
            Some(Builtin::Advances) => match arguments.next() {
                Some(iterator) => self.advance(iterator, emit),
                None => Ok(()),
            },
            Some(Builtin::Prints) => {
                for argument in arguments {
                    let is_written = self.is_stream(argument);
                    self.deep_one(argument, is_written, emit)?;
                    if is_written {
                        self.open_file(argument, false, emit)?;
                    }
                }
                self.looks_up_stream("stdout", emit)?;
                match self.vm.sys_module.get_attr("stdout", self.vm) {
                    Ok(stream) if self.known.is_standard_stream(&stream) => {
                        self.change(&stream, emit)
                    }
                    Ok(stream) => {
                        let write = Access::new(true, stream.get_id(), 0, Target::Unknown);
                        emit(write.of_library())
                    }
                    Err(_) => Ok(()),
                }
            }
            Some(kind @ (Builtin::ReadsAttribute | Builtin::ChangesAttribute)) => {
                let (Some(object), Some(name)) = (arguments.next(), arguments.next()) else {
                    return Ok(());
                };
                let Some(name) = self.interned(name) else {
                    return Ok(());
                };
                match kind {
                    Builtin::ReadsAttribute => self.load_attribute(object, name, emit),
                    _ => self.store_attribute(object, name, arguments.next(), emit),
                }
            }
            None => {
                let module = self.module_of(function).unwrap_or_default();
                let name = self.name_of(function).unwrap_or_default();
                self.tells_or_changes_all(&module, &name);
                if module == "threading" && library::tells_threads(&name) {
                    self.known.not_seen(THREADS);
                    let read = Access::new(false, library::LIFETIMES, 0, Target::Unknown);
                    emit(read.of_library())?;
                }
                match files::access_of(&module, &name) {
                    Some(access) => self.files(access, &name, None, arguments, emit),
                    None => self.unknown_call(&module, true, arguments, emit),
                }
            }
        }
    }

    /// Whether `print` may have been given it as `file`, and what this writes to is not said by
    /// steps of the program's own.
    fn is_stream(&self, argument: &PyObject) -> bool {
        let is_native = matches!(
            self.object_kind(argument),
            ObjectKind::Other | ObjectKind::Instance
        );
        is_native
            && argument
                .get_class_attr(self.vm.ctx.intern_str("write"))
                .is_some()
    }

    /// A stream is taken from `sys`: a step if the program sets the attribute.
    fn looks_up_stream(&self, name: &'static str, emit: &mut Emit<'_>) -> PyResult<()> {
        if !self.known.is_stored(name) {
            return Ok(());
        }
        let Some(names) = self.vm.sys_module.as_object().dict() else {
            return Ok(());
        };
        let attribute = self.vm.ctx.intern_str(name);
        let target = Target::Global(&names, attribute);
        emit(Access::new(false, names.get_id(), hash::name(name), target))
    }

    /// Items are ordered, by a key function if there is one among the arguments: if it is one of
    /// the library's, what it reads of the items counts as changed.
    fn keys(
        &self,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let all: Vec<_> = arguments.collect();
        let is_native = |one: &PyObject| {
            self.object_kind(one) == ObjectKind::Other
                || one
                    .class()
                    .is(self.vm.ctx.types.builtin_function_or_method_type)
        };
        if all.iter().any(|one| is_native(one)) {
            self.deep(&mut all.into_iter(), true, emit)
        } else {
            Ok(())
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
            None => self.other_call(&function, arguments, emit),
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
            let changes = ["__defaults__", "__kwdefaults__", "__code__"];
            return if changes.iter().any(|name| self.known.is_stored(name)) {
                let target = Target::Unknown;
                emit(Access::new(false, function.as_object().get_id(), 0, target))
            } else {
                Ok(())
            };
        }
        if let Some(receiver) = receiver
            && self.standard_stream(receiver, true, emit)?
        {
            return self.deep(arguments, true, emit);
        }
        let module = self.module_of(function.as_object()).unwrap_or_default();
        let name = self.name_of(function.as_object()).unwrap_or_default();
        self.tells_or_changes_all(&module, &name);
        if module == "contextlib"
            && receiver.is_some_and(|one| one.class().name().starts_with("redirect_"))
        {
            self.known.not_seen(STREAMS);
        }
        if self.keeps_in_closure(function) {
            let target = Target::Whole(function.as_object());
            let change = Access::new(true, function.as_object().get_id(), 0, target);
            emit(change.going_on().of_library())?;
        }
        if module == "asyncio" || module.starts_with("asyncio.") {
            self.known.never_seen(EVENT_LOOP);
        }
        if module == "os" && ENVIRONMENT.contains(&name.as_str()) {
            return self.environment(!name.starts_with("getenv"), emit);
        }
        if let Some(access) = files::access_of(&module, &name) {
            return self.files(access, &name, receiver, arguments, emit);
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
            // A logger, a pool: an object of a class of the library's.
            let is_own = self.object_kind(receiver).is_container() || self.is_of_user(receiver);
            let emit =
                &mut |access: Access<'_>| emit(if is_own { access } else { access.of_library() });
            if library::passes_on(&module) {
                emit(Access::new(change, receiver.get_id(), 0, target))?;
            } else {
                if self.known.attributes_of(receiver) != receiver.get_id() {
                    emit(Access::new(change, receiver.get_id(), 0, target))?;
                }
                self.state_of(receiver, change, emit)?;
            }
        }
        self.unknown_call(&module, false, arguments, emit)
    }

    /// Whether a function of the library may change what its closure holds.
    fn keeps_in_closure(&self, function: &Py<PyFunction>) -> bool {
        let get = |name: &'static str| function.as_object().get_attr(name, self.vm).ok();
        let has_closure = get("__closure__").is_some_and(|cells| !self.vm.is_none(&cells));
        has_closure
            && get("__code__").is_some_and(|code| {
                let code = code.downcast_ref::<PyCode>();
                code.is_some_and(|code| !library::closure_is_constant(code.source_path().as_str()))
            })
    }

    /// Notes what a function of the library returns or changes that belongs to no object.
    fn tells_or_changes_all(&self, module: &str, name: &str) {
        if library::changes_settings(module, name) {
            self.known.not_seen(SETTINGS);
        }
        if library::tells_existing(module, name) {
            self.known.not_seen(EXISTING);
        }
        if library::tells_lifetimes(module) && name == "proxy" {
            // All that is done with it is done to another object.
            self.known.never_seen(LIFETIME);
        }
    }

    /// A module that was imported.
    pub(super) fn module(&self, name: &Py<PyStr>) -> Option<PyObjectRef> {
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
        name: &str,
        receiver: Option<&PyObject>,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let path = receiver.or_else(|| arguments.next());
        let file = files::named(path, self.vm);
        let part = if files::is_link(path) {
            0
        } else {
            files::part(file.as_deref())
        };
        let mut replaces = false;
        let (change, part) = match access {
            FileAccess::Reads => (false, part),
            FileAccess::Changes => (true, part),
            FileAccess::Opens => {
                let mode = arguments.next();
                replaces = files::replaces(mode);
                (!files::only_reads(mode), part)
            }
            FileAccess::ReadsAll => (false, 0),
            FileAccess::ChangesAll => (true, 0),
        };
        self.known.first_looks(&mut |looks| {
            if files::lists(name) {
                looks.list();
            }
            match (&file, access) {
                (_, FileAccess::ReadsAll) => {}
                (file, _) if replaces || file.is_none() && change => looks.set(file.as_deref()),
                (Some(file), _) => looks.look(file),
                (None, _) => {}
            }
            if change {
                looks.changed();
            }
            if let Some(file) = file
                .as_deref()
                .filter(|_| change && files::writes(access, name))
            {
                looks.wrote(file);
            }
        });
        let target = Target::Unknown;
        emit(Access::new(change, files::FILE_SYSTEM, part, target))
    }

    /// An operation on an open file: it touches the file that others may open by its name. One that
    /// is open for reading is never changed, whatever the operation.
    fn open_file(&self, file: &PyObject, reads: bool, emit: &mut Emit<'_>) -> PyResult<()> {
        let is_file = matches!(
            &*file.class().name(),
            "TextIOWrapper" | "BufferedReader" | "BufferedWriter" | "BufferedRandom" | "FileIO"
        );
        if !is_file {
            return Ok(());
        }
        let name = file.get_attr("name", self.vm).ok();
        let part = files::part(files::named(name.as_deref(), self.vm).as_deref());
        let mode = file.get_attr("mode", self.vm).ok();
        let is_read = mode.is_some() && files::only_reads(mode.as_deref());
        let target = Target::Unknown;
        emit(Access::new(
            !(reads || is_read),
            files::FILE_SYSTEM,
            part,
            target,
        ))
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

    /// A function of the library, which may do anything to what it is given.
    fn unknown_call(
        &self,
        module: &str,
        is_native: bool,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let all: Vec<_> = arguments.collect();
        if library::tells_lifetimes(module) {
            self.known.not_seen(LIFETIME);
        }
        if library::passes_on(module) {
            let calls = all.iter().any(|one| self.is_foreign_function(one));
            if library::calls_later(module) {
                for argument in &all {
                    self.lend(argument, emit)?;
                }
                let passed = &mut |access: Access<'_>| emit(access.passed_on());
                return self.each(&mut all.into_iter(), true, passed);
            }
            if calls {
                return self.deep(&mut all.into_iter(), true, emit);
            }
            return self.each(&mut all.into_iter(), true, emit);
        }
        if is_native {
            self.keys(&mut all.iter().copied(), emit)?;
        }
        if let Some(keeper) = library::keeper(module) {
            let part = hash::name(keeper);
            let change = Access::new(true, library::MODULE_STATE, part, Target::Unknown);
            emit(change.going_on().of_library())?;
        }
        let arguments = &mut all.into_iter();
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
            for inside in self.referents(&object) {
                if !is_leaf(&inside, self.vm) && !known.iter().any(|known| known.is(&inside)) {
                    known.push(inside);
                }
            }
        }
        Ok(())
    }

    /// What an object refers to. Streams do not tell the garbage collector what they wrap.
    fn referents(&self, object: &PyObject) -> Vec<PyObjectRef> {
        let mut all = object.gc_get_referents();
        let is_stream = self.object_kind(object) == ObjectKind::Other && {
            let order = object.class().mro.read().clone();
            order.iter().any(|class| {
                let module = self.module_of(class.as_object());
                module.is_some_and(|module| module == "_io")
            })
        };
        if is_stream {
            if &*object.class().name() == "BufferedRWPair" {
                self.known.not_seen(HIDDEN);
            }
            all.extend(self.innermost_stream(object));
        }
        all
    }

    /// What a stream wraps at last. What lies in between cannot be used without it, and how many
    /// there are must not matter: standard output has a buffer of its own or none.
    fn innermost_stream(&self, stream: &PyObject) -> Option<PyObjectRef> {
        let wrapped = |stream: &PyObject| {
            let mut names = ["buffer", "raw"].into_iter();
            names.find_map(|name| stream.get_attr(name, self.vm).ok())
        };
        let mut inside = wrapped(stream)?;
        for _ in 0..MAX_STREAMS {
            // One of the program's own may do more than to pass on what it is given.
            if inside
                .class()
                .slots
                .flags
                .has_feature(PyTypeFlags::HEAPTYPE)
            {
                break;
            }
            let Some(next) = wrapped(&inside) else {
                break;
            };
            inside = next;
        }
        Some(inside)
    }

    /// One of the objects that an argument leads to. Returns whether those inside it follow.
    fn touch(&self, object: &PyObject, change: bool, emit: &mut Emit<'_>) -> PyResult<bool> {
        if self.standard_stream(object, change, emit)? {
            return Ok(false);
        }
        let types = &self.vm.ctx.types;
        let class = object.class();
        if class.fast_issubclass(self.vm.ctx.exceptions.base_exception_type) {
            // Its text is that of its arguments.
            let target = Target::Whole(object);
            let address = self.known.attributes_of(object);
            emit(Access::new(change, address, 0, target))?;
            return Ok(true);
        }
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
            // It may work on another, as `csv.writer` on a file.
            ObjectKind::Other if change => {
                self.change(object, emit)?;
                Ok(true)
            }
            ObjectKind::Other => {
                self.whole(object, false, emit)?;
                Ok(false)
            }
            ObjectKind::Instance if self.is_collection(object) => {
                self.state_of(object, false, emit)?;
                Ok(false)
            }
            ObjectKind::Fixed if change && class.is(types.builtin_function_or_method_type) => {
                self.lend(object, emit)?;
                Ok(false)
            }
            ObjectKind::Fixed => Ok(class.is(types.tuple_type) || class.is(types.frozenset_type)),
            ObjectKind::Instance | ObjectKind::Primitive => Ok(false),
        }
    }

    /// A value is passed to a function of the library. If that is a function, though not the
    /// program's own, the library may call it now or later.
    fn lend(&self, value: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        if !self.is_foreign_function(value) {
            return Ok(());
        }
        self.known.never_seen(LENT);
        match value.get_attr("__self__", self.vm) {
            Ok(receiver) if self.is_container(&receiver) => {
                self.known.lend(receiver.get_id());
                self.change(&receiver, emit)
            }
            _ => Ok(()),
        }
    }

    /// Whether a call of this object is not only a call of the program's code, and may touch what
    /// threads share.
    fn is_foreign_function(&self, value: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        let class = value.class();
        if class.is(types.builtin_function_or_method_type) || class.is(types.method_descriptor_type)
        {
            let bound = value.get_attr("__self__", self.vm).ok();
            let bound = bound.filter(|bound| bound.downcast_ref::<PyModule>().is_none());
            // An operation on a primitive is a step.
            return bound.is_none_or(|bound| self.object_kind(&bound) != ObjectKind::Primitive);
        }
        if class.is(types.bound_method_type) {
            let function = value.get_attr("__func__", self.vm).ok();
            return function.is_none_or(|function| self.is_foreign_function(&function));
        }
        if let Some(function) = value.downcast_ref::<PyFunction>() {
            let code = object_kinds::code_of(function, self.vm);
            return code.is_some_and(|code| !self.known.is_user_code(code));
        }
        let is_function = class.slots.call.load().is_some();
        is_function
            && self.object_kind(value) == ObjectKind::Other
            && value
                .gc_get_referents()
                .iter()
                .all(|inside| !inside.class().is(types.function_type))
    }

    /// Whether the class of an instance is the user's.
    pub(super) fn is_of_user(&self, object: &PyObject) -> bool {
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
