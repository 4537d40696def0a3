//! Calls of functions of the library, which may do anything to what they are given.

use rustpython_vm::{
    AsObject, Py, PyObject, PyResult,
    builtins::{PyCode, PyFunction, PyType},
    types::PyTypeFlags,
};

use crate::{
    access::{Access, Target},
    files, hash, library,
    object_kinds::{self, Method, ObjectKind},
};

use super::{
    ENVIRONMENT, EVENT_LOOP, EXISTING, Emit, HIDDEN, LIFETIME, Resolver, SETTINGS, STREAMS,
};

impl Resolver<'_> {
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

    /// Whether objects of this class share memory that no step is about.
    pub(super) fn hides(&self, class: &Py<PyType>) -> bool {
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
}
