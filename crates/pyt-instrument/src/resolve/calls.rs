//! Calls: of functions and methods, of the program's own, the library's, and native ones.

use pyt_sched::controlled::{self, Source};
use rustpython_vm::{
    AsObject, Py, PyObject, PyResult,
    builtins::{
        PyBoundMethod, PyCode, PyDict, PyFunction, PyList, PyModule, PyStr, PyTuple, PyType,
        PyWeak, descriptor::PyMethodDescriptor,
    },
    types::PyTypeFlags,
};

use crate::{
    access::{Access, Target},
    files::{self, FileAccess},
    hash, library,
    object_kinds::{self, Builtin, Method, ObjectKind},
};

use super::{
    ENVIRONMENT, EVENT_LOOP, EXISTING, Emit, HIDDEN, INTERNALS, LIFETIME, NUMBERS, Resolver,
    SETTINGS, STREAMS, THREADS,
};

/// The module of native sockets.
const SOCKETS: &str = "_socket";

impl Resolver<'_> {
    pub(super) fn call(&self, arguments: usize, names: usize, emit: &mut Emit<'_>) -> PyResult<()> {
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
            let prints = matches!(self.known.builtins().get(function), Some(Builtin::Prints));
            let file = (prints && names > 0)
                .then(|| self.named_argument("file", arguments))
                .flatten();
            return match file {
                Some(file) => self.prints_into(file, &mut all(), emit),
                None => self.native_function(function, &mut all(), emit),
            };
        }
        if class.is(types.bound_method_type) {
            return self.bound_call(function, &mut all(), emit);
        }
        self.other_call(function, &mut all(), emit)
    }

    /// A call of a class, or of an object that is no function.
    pub(super) fn other_call(
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
                for argument in arguments {
                    self.shown(argument, emit)?;
                }
                return Ok(());
            }
            if self.hides(made) {
                self.known.never_seen(HIDDEN);
            }
            if made.is(self.vm.ctx.types.function_type) {
                // Its globals may be any dictionary.
                self.known.never_seen(INTERNALS);
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
            if &*made.name() == "ThreadPoolExecutor" {
                // Its threads have a number of its own in their names.
                controlled::draw(Source::ThreadNumbers);
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
                    if self.is_native_method(&inside) {
                        self.called_without_arguments(&inside, emit)?;
                    } else if inside.strong_count() > 2 || gives_away {
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
            | ObjectKind::Generator => self.called_by_slot(callee, arguments, emit),
        }
    }

    /// A call of an object whose class has a native method as its `__call__`.
    fn called_by_slot(
        &self,
        callee: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let call = callee.get_class_attr(self.vm.ctx.intern_str("__call__"));
        match call.filter(|call| self.is_native_method(call)) {
            Some(call) => match self.name_of(&call) {
                Some(name) => self.method(callee, &name, arguments, emit),
                None => Ok(()),
            },
            None => Ok(()),
        }
    }

    /// Whether it is a native function or method, bound to its object or not.
    fn is_native_method(&self, function: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        let class = function.class();
        [
            types.builtin_function_or_method_type,
            types.method_descriptor_type,
            types.wrapper_descriptor_type,
            types.method_wrapper_type,
        ]
        .iter()
        .any(|native| class.is(*native))
    }

    /// Whether objects of this class share memory that no step is about.
    fn hides(&self, class: &Py<PyType>) -> bool {
        let mut native = class.to_owned();
        while native.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
            let Some(base) = native.base.load_owned() else {
                return false;
            };
            native = base;
        }
        !native.is(self.vm.ctx.types.object_type)
            && (self.module_of(native.as_object()))
                .is_some_and(|module| library::hides(&module, &native.name()))
    }

    pub(super) fn call_spread(&self, emit: &mut Emit<'_>) -> PyResult<()> {
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
    pub(super) fn spread(&self, spread: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let is_over = self.object_kind(spread).is_container();
        self.whole(spread, false, &mut |access: Access<'_>| {
            emit(if is_over { access.passed_on() } else { access })
        })
    }

    /// A function written natively, or a method that is bound to its object.
    pub(super) fn native_function(
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

    pub(super) fn name_of(&self, function: &PyObject) -> Option<String> {
        let name = function.get_attr("__name__", self.vm).ok()?;
        Some(name.downcast_ref::<PyStr>()?.to_string_lossy().into_owned())
    }

    /// A method written natively.
    pub(super) fn method(
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
        if name == "fileno" {
            self.known.never_seen(NUMBERS);
        }
        if name == "__dir__" {
            return self.names_of(Some(receiver), emit);
        }
        let method = Method::named(name);
        let behind = self.behind(receiver);
        let receiver = behind.as_deref().unwrap_or(receiver);
        let object_kind = self.object_kind(receiver);
        if name == "__init__" && matches!(object_kind, ObjectKind::Fixed | ObjectKind::Other) {
            // It is made anew, while others use it.
            self.known.not_seen(INTERNALS);
        }
        let first = match object_kind {
            ObjectKind::Mapping | ObjectKind::Set if method.keyed => arguments.next(),
            _ => None,
        };
        match object_kind {
            ObjectKind::Mapping | ObjectKind::Set | ObjectKind::Sequence => {
                let part = first.map_or(0, |key| self.part(receiver, object_kind, key));
                let is_added = first.is_some_and(|key| {
                    // (Whether a set has a member is not looked up.)
                    name == "add" || method.change && self.is_added(receiver, key, part)
                });
                if method.change {
                    self.changes_names(receiver);
                }
                let target = match first {
                    Some(key) => Target::Item(receiver, key),
                    None => Target::Whole(receiver),
                };
                let address = self.known.items_of(receiver);
                emit(Access::new(method.change, address, part, target).adding_if(is_added))?;
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
                self.reaches_outside(receiver, emit)?;
                self.deep_one(receiver, true, emit)?;
                self.open_file(receiver, name.starts_with("read"), emit)?;
                if !method.takes {
                    return self.deep(arguments, true, emit);
                }
            }
            ObjectKind::Instance
                if let Some(owner) = self.native_owner(receiver, name)
                    && !library::passes_on(&owner) =>
            {
                return self.inherited_method(receiver, &owner, arguments, emit);
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
            // A compiled pattern.
            ObjectKind::Fixed
                if self
                    .module_of(receiver.class().as_object())
                    .is_some_and(|module| library::matches_text(&module)) =>
            {
                let module = self.module_of(receiver.class().as_object());
                return self.unknown_call(&module.unwrap_or_default(), true, arguments, emit);
            }
            ObjectKind::Fixed | ObjectKind::Primitive | ObjectKind::Instance => {}
        }
        if matches!(name, "format" | "format_map") {
            // It may read attributes.
            for argument in arguments {
                self.shown(argument, emit)?;
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
        let has_order = matches!(
            object_kind,
            ObjectKind::Sequence | ObjectKind::View | ObjectKind::Fixed
        );
        let compares = has_order
            && matches!(
                name,
                "index" | "count" | "remove" | "__contains__" | "__eq__"
            );
        if compares || self.is_fixed_collection(receiver) {
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

    /// A method of an object that stands for something outside: whether others are ready, a
    /// database's file, one that is mapped into memory.
    fn reaches_outside(&self, receiver: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        let module = self.module_of(receiver.class().as_object());
        let change = match module.as_deref() {
            Some("select") => false,
            Some("sqlite3" | "_sqlite3" | "mmap") => true,
            _ => return Ok(()),
        };
        emit(Access::new(change, files::FILE_SYSTEM, 0, Target::Unknown))
    }

    /// The module of the native class that an instance has this method from; `None` if it is that
    /// of all objects, or of a class.
    fn native_owner(&self, receiver: &PyObject, name: &str) -> Option<String> {
        if receiver.downcast_ref::<PyType>().is_some() {
            return None;
        }
        let name = self.vm.ctx.intern_str(name);
        let order = receiver.class().mro.read().clone();
        let owner = order
            .iter()
            .find(|class| class.get_direct_attr(name).is_some())?;
        if owner.is(self.vm.ctx.types.object_type) {
            return None;
        }
        let module = self.module_of(owner.as_object())?;
        // The class of native sockets is a heap type, as those written in Python are.
        let is_native = !owner.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) || module == SOCKETS;
        is_native.then_some(module)
    }

    /// A method of an instance that its class inherits from a native one of the module `owner`.
    fn inherited_method(
        &self,
        receiver: &PyObject,
        owner: &str,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let types = &self.vm.ctx.types;
        let never_changes = [
            types.int_type,
            types.float_type,
            types.complex_type,
            types.str_type,
            types.bytes_type,
            types.tuple_type,
            types.frozenset_type,
        ];
        if never_changes
            .iter()
            .any(|class| receiver.class().fast_issubclass(*class))
        {
            self.deep_one(receiver, false, emit)?;
            return self.deep(arguments, false, emit);
        }
        if owner == SOCKETS {
            // What one end sends the other receives, and any may be looked at by its number.
            emit(Access::new(true, files::FILE_SYSTEM, 0, Target::Unknown))?;
        } else {
            self.change(receiver, emit)?;
        }
        self.deep(arguments, true, emit)
    }

    /// A function written natively.
    pub(super) fn native_call(
        &self,
        function: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        match self.known.builtins().get(function) {
            Some(Builtin::Reads) => self.each(arguments, false, emit),
            Some(Builtin::ReadsDeep) => {
                for argument in arguments {
                    self.shown(argument, emit)?;
                }
                Ok(())
            }
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
                // (One of them may be `file`: names of arguments that are spread are not known.)
                for argument in arguments {
                    if self.is_stream(argument) {
                        self.writes_into(argument, emit)?;
                    } else {
                        self.shown(argument, emit)?;
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

    /// The value of this keyword of a call whose names of keywords are on top; not `None`.
    fn named_argument(&self, name: &str, arguments: usize) -> Option<&PyObject> {
        let names = self.operands.stack(0)?.downcast_ref::<PyTuple>()?;
        let names = names.as_slice();
        let number = names.iter().position(|one| {
            let one = one.downcast_ref::<PyStr>();
            one.is_some_and(|one| one.as_bytes() == name.as_bytes())
        })?;
        // The last of the arguments are those with names, and they are below the names.
        let below = names.len().min(arguments) - number;
        let value = self.operands.stack(below)?;
        (!self.vm.is_none(value)).then_some(value)
    }

    /// `print` with a `file`.
    fn prints_into(
        &self,
        file: &PyObject,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        for argument in arguments {
            if !argument.is(file) {
                self.shown(argument, emit)?;
            }
        }
        if self.is_stream(file) {
            self.writes_into(file, emit)?;
        }
        Ok(())
    }

    fn writes_into(&self, stream: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        self.deep_one(stream, true, emit)?;
        self.open_file(stream, false, emit)
    }

    /// Whether `print` may have been given it as `file`, and what this writes to is not said by
    /// steps of the program's own.
    pub(super) fn is_stream(&self, argument: &PyObject) -> bool {
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
    pub(super) fn looks_up_stream(&self, name: &'static str, emit: &mut Emit<'_>) -> PyResult<()> {
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
    pub(super) fn keys(
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
    pub(super) fn bound_call(
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
            // A native function, which gets the receiver as its first argument.
            None => {
                let mut all: Vec<&PyObject> = arguments.collect();
                all.insert(0, &receiver);
                let mut all = all.into_iter();
                if let Some(method) = function.downcast_ref::<PyMethodDescriptor>() {
                    let Some(first) = all.next() else {
                        return Ok(());
                    };
                    return self.method(first, method.method.name, &mut all, emit);
                }
                let types = &self.vm.ctx.types;
                if function.class().is(types.builtin_function_or_method_type) {
                    return self.native_function(&function, &mut all, emit);
                }
                self.other_call(&function, &mut all, emit)
            }
        }
    }

    /// A function written in Python: if it is user code its own accesses are steps; if not, it may
    /// do anything to what it is given.
    pub(super) fn library_call(
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
        if library::hides(&module, &name) {
            self.known.never_seen(HIDDEN);
        }
        if library::copies_attributes(&module, &name) {
            return self.copies_attributes(arguments, emit);
        }
        if module == "contextlib"
            && receiver.is_some_and(|one| one.class().name().starts_with("redirect_"))
        {
            self.known.not_seen(STREAMS);
        }
        let is_chdir = || {
            receiver.is_some_and(|one| &*one.class().name() == "chdir") && module == "contextlib"
        };
        if module == "socket" || is_chdir() {
            emit(Access::new(true, files::FILE_SYSTEM, 0, Target::Unknown))?;
            return self.deep(arguments, true, emit);
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

    /// The library takes over the attributes of the functions that it is given.
    fn copies_attributes(
        &self,
        functions: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        for function in functions {
            let target = Target::Whole(function);
            let address = self.known.attributes_of(function);
            emit(Access::new(false, address, 0, target))?;
        }
        Ok(())
    }

    /// A function of the library, which may do anything to what it is given.
    pub(super) fn unknown_call(
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
        if library::matches_text(module) && all.iter().any(|one| self.is_container(one)) {
            // A match looks at the bytes again.
            self.known.never_seen(HIDDEN);
        }
        for class in all.iter().filter_map(|one| one.downcast_ref::<PyType>()) {
            // Its attributes say what is to be done, as those of a dialect of `csv`.
            if class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
                let target = Target::Whole(class.as_object());
                emit(Access::new(false, class.get_id(), 0, target))?;
            }
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

    /// Whether a function of the library may change what its closure holds.
    pub(super) fn keeps_in_closure(&self, function: &Py<PyFunction>) -> bool {
        let get = |name: &'static str| function.as_object().get_attr(name, self.vm).ok();
        let has_closure = get("__closure__").is_some_and(|cells| !self.vm.is_none(&cells));
        has_closure
            && get("__code__").is_some_and(|code| {
                let code = code.downcast_ref::<PyCode>();
                code.is_some_and(|code| !library::closure_is_constant(code.source_path().as_str()))
            })
    }

    /// Notes what a function of the library returns or changes that belongs to no object.
    pub(super) fn tells_or_changes_all(&self, module: &str, name: &str) {
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
}
