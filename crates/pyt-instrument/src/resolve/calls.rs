//! Calls: of functions and methods, of the program's own, the library's, and native ones.

use pyt_sched::controlled::{self, Source};
use rustpython_vm::{
    AsObject, PyObject, PyResult,
    builtins::{
        PyBoundMethod, PyDict, PyFunction, PyList, PyModule, PyStr, PyTuple, PyType, PyWeak,
        descriptor::PyMethodDescriptor,
    },
    types::PyTypeFlags,
};

use crate::{
    access::{Access, Target},
    files::{self, FileAccess},
    hash, library,
    object_kinds::{Builtin, ObjectKind},
};

use super::{Emit, HIDDEN, INTERNALS, LIFETIME, Resolver, THREADS};

impl Resolver<'_> {
    pub(super) fn call(&self, arguments: usize, names: usize, emit: &mut Emit<'_>) -> PyResult<()> {
        let at = |below: usize| self.operands.stack(below);
        let Some(function) = at(names + arguments + 1) else {
            return Ok(());
        };
        let receiver = at(names + arguments);
        let argument = |number: usize| at(names + arguments - 1 - number);
        let all = || (0..arguments).filter_map(argument);
        let prints = matches!(self.known.builtins().get(function), Some(Builtin::Prints));
        let file = (prints && names > 0)
            .then(|| self.named_argument("file", arguments))
            .flatten();
        match file {
            Some(file) => self.prints_into(file, &mut all(), emit),
            None => self.called(function, receiver, &mut all(), emit),
        }
    }

    /// A call of a function. A method has its receiver beside it, or as the first argument.
    pub(super) fn called(
        &self,
        function: &PyObject,
        receiver: Option<&PyObject>,
        arguments: &mut dyn Iterator<Item = &'_ PyObject>,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let types = &self.vm.ctx.types;
        let class = function.class();
        if class.is(types.function_type) {
            return match function.downcast_ref::<PyFunction>() {
                Some(python) => self.library_call(python, receiver, arguments, emit),
                None => Ok(()),
            };
        }
        if let Some(method) = function.downcast_ref::<PyMethodDescriptor>() {
            return match receiver.or_else(|| arguments.next()) {
                Some(receiver) => self.method(receiver, method.method.name, arguments, emit),
                None => Ok(()),
            };
        }
        if class.is(types.builtin_function_or_method_type) {
            return self.native_function(function, arguments, emit);
        }
        if class.is(types.bound_method_type) {
            return self.bound_call(function, arguments, emit);
        }
        self.other_call(function, arguments, emit)
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
}
