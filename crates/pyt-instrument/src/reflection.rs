//! What says of objects what they are, and what changes that: exceptions, which the interpreter
//! changes as they are raised; methods that show an object's state; what a module of the library
//! keeps.
//!
//! No Python code runs here.

use rustpython_vm::{
    AsObject, PyObject, PyResult,
    builtins::{PyFunction, PyModule, PyStr, PyType},
    types::PyTypeFlags,
};

use super::{
    access::{Access, Target},
    hash, library,
    object_kinds::ObjectKind,
    resolve::{EXISTING, Emit, INTERNALS, Resolver},
};

const KEPT: &str = "what a module of the library keeps, where the program uses it itself";
const RAISED: &str = "what raising an exception in another thread changes of it";

/// Attributes of exceptions that the interpreter changes.
const OF_EXCEPTIONS: [&str; 4] = [
    "__traceback__",
    "__context__",
    "__cause__",
    "__suppress_context__",
];

/// Attributes by which classes and functions are shown.
const NAMES: [&str; 3] = ["__name__", "__qualname__", "__module__"];

impl Resolver<'_> {
    pub(super) fn is_exception(&self, object: &PyObject) -> bool {
        let exceptions = &self.vm.ctx.exceptions;
        object
            .class()
            .fast_issubclass(exceptions.base_exception_type)
    }

    /// An exception is raised, which changes its traceback and its context. (One to which nothing
    /// else refers was made for that.)
    pub(super) fn raise(&self, raised: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        if raised.strong_count() < 2 || !self.is_exception(raised) {
            return Ok(());
        }
        self.state_of(raised, true, emit)
    }

    /// Whether reading a native attribute with a special name is a step.
    pub(super) fn is_told(&self, object: &PyObject, name: &str) -> bool {
        if !self.is_exception(object) || !OF_EXCEPTIONS.contains(&name) {
            return self.known.is_stored(name);
        }
        // Another thread may raise the same, in the library too. What a thread handles is usually
        // its own.
        let handled = self.vm.current_exception();
        if handled.is_none_or(|handled| !handled.as_object().is(object)) {
            self.known.not_seen(RAISED);
        }
        true
    }

    /// A special attribute is set that says how a class or a function is shown.
    pub(super) fn renames(&self, object: &PyObject, name: &str) {
        let is_shown = object.downcast_ref::<PyType>().is_some()
            || object.downcast_ref::<PyFunction>().is_some();
        if is_shown && NAMES.contains(&name) {
            self.known.not_seen(INTERNALS);
        }
    }

    /// A native method that says or changes what an object is, and not what it holds. Returns
    /// whether that is all it does.
    pub(super) fn own_method(
        &self,
        receiver: &PyObject,
        name: &str,
        emit: &mut Emit<'_>,
    ) -> PyResult<bool> {
        if name == "__subclasses__" {
            self.known.not_seen(EXISTING);
            return Ok(true);
        }
        let is_view = receiver.class().is(self.vm.ctx.types.memoryview_type);
        if is_view && matches!(name, "release" | "__exit__") {
            self.change(receiver, emit)?;
        }
        let shows = matches!(
            name,
            "__dir__" | "__getstate__" | "__reduce__" | "__reduce_ex__"
        );
        if self.is_exception(receiver) {
            let reads = shows
                || matches!(
                    name,
                    "__str__" | "__repr__" | "split" | "subgroup" | "derive"
                );
            self.state_of(receiver, !reads, emit)?;
            if matches!(name, "__str__" | "__repr__") {
                self.deep_one(receiver, false, emit)?;
            }
            return Ok(true);
        }
        if self.is_collection(receiver) {
            self.deep_one(receiver, !name.starts_with("__"), emit)?;
            return Ok(true);
        }
        if shows && self.object_kind(receiver) == ObjectKind::Instance {
            self.state_of(receiver, false, emit)?;
            return Ok(true);
        }
        Ok(false)
    }

    /// The names that an object has, or without one those of the program: `dir`.
    pub(super) fn names_of(&self, object: Option<&PyObject>, emit: &mut Emit<'_>) -> PyResult<()> {
        let Some(object) = object else {
            let globals = self.operands.globals().as_object();
            let target = Target::Whole(globals);
            return emit(Access::new(false, globals.get_id(), 0, target));
        };
        let target = Target::Whole(object);
        let address = match object.downcast_ref::<PyModule>().and(object.dict()) {
            Some(names) => names.get_id(),
            None => self.known.attributes_of(object),
        };
        emit(Access::new(false, address, 0, target))?;
        let class = object.downcast_ref::<PyType>();
        let order = class.unwrap_or_else(|| object.class()).mro.read().clone();
        for class in &order {
            let is_python = class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE);
            if is_python && !class.as_object().is(object) {
                emit(Access::new(false, class.get_id(), 0, target))?;
            }
        }
        Ok(())
    }

    /// A container is taken from a module of the library, whose functions may change it without a
    /// step, or may depend on it.
    pub(super) fn takes_from_library(&self, module: &PyObject, value: &PyObject) {
        let name = module.get_attr("__name__", self.vm).ok();
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
        // What `sys` has is changed by steps, and imports, which are said elsewhere.
        let is_sys = name.is_some_and(|name| name.as_bytes() == b"sys");
        if !is_sys && self.object_kind(value).is_container() {
            self.known.not_seen(KEPT);
        }
    }

    /// A module of the library has a value that its functions may replace.
    pub(super) fn reads_what_is_kept(
        &self,
        module: &PyObject,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
        let name = module.get_attr("__name__", self.vm).ok();
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
        let Some(name) = name.map(|name| name.to_string_lossy()) else {
            return Ok(());
        };
        let Some(keeper) = library::keeper(&name) else {
            return Ok(());
        };
        let part = hash::name(keeper);
        let read = Access::new(false, library::MODULE_STATE, part, Target::Unknown);
        emit(read.of_library())
    }

    /// An attribute is set of an instance of a class of the library that one of its modules refers
    /// to by a name.
    pub(super) fn changes_kept(&self, object: &PyObject) {
        if self.object_kind(object) != ObjectKind::Instance || self.is_of_user(object) {
            return;
        }
        let module = self.module_of(object.class().as_object());
        let names = module
            .map(|module| self.vm.ctx.intern_str(module))
            .and_then(|module| self.module(module)?.dict());
        let is_kept = names.is_some_and(|names| {
            let values = names.items_vec();
            values.iter().any(|(_, value)| value.is(object))
        });
        if is_kept {
            self.known.not_seen(KEPT);
        }
    }
}
