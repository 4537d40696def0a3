//! What an argument leads to: the objects inside it, which a function of the library may read or
//! change.

use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult,
    builtins::{PyBaseException, PyFunction, PyModule, PyStr, PyType, PyWeak},
    types::PyTypeFlags,
};

use crate::{
    access::{Access, Target},
    object_kinds::{self, ObjectKind},
};

use super::{
    DEEP, Emit, HIDDEN, LENT, LIFETIME, MAX_INSIDE, MAX_STREAMS, PRIMITIVE_TEXT, Resolver, is_leaf,
};

/// Methods by which native code learns what an object is like.
const ASKED: [&str; 13] = [
    "__repr__",
    "__str__",
    "__format__",
    "__eq__",
    "__lt__",
    "__hash__",
    "__iter__",
    "__next__",
    "__len__",
    "__bool__",
    "__contains__",
    "__getitem__",
    "__reduce__",
];

impl Resolver<'_> {
    pub(super) fn is_container(&self, object: &PyObject) -> bool {
        let kind = self.object_kind(object);
        kind.is_container() || kind == ObjectKind::View
    }

    /// The containers among the arguments of a call, and all that these have inside.
    pub(super) fn deep(
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

    pub(crate) fn deep_one(
        &self,
        object: &PyObject,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<()> {
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
            for inside in self.referents(&object, change) {
                if !is_leaf(&inside, self.vm) && !known.iter().any(|known| known.is(&inside)) {
                    known.push(inside);
                }
            }
        }
        Ok(())
    }

    /// An object becomes text, with all that it has inside.
    pub(super) fn shown(&self, object: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
        self.showing.set(true);
        let shown = self.deep_one(object, false, emit);
        self.showing.set(false);
        shown
    }

    /// What an object refers to. Streams do not tell the garbage collector what they wrap.
    fn referents(&self, object: &PyObject, change: bool) -> Vec<PyObjectRef> {
        let mut all = object.gc_get_referents();
        let types = &self.vm.ctx.types;
        let kind = self.object_kind(object);
        if kind == ObjectKind::Instance && change && !self.is_of_user(object) {
            // Of an object of the library's: not the others that it belongs together with.
            all = self.attributes_with_insides(object);
        }
        let is_native = !object
            .class()
            .slots
            .flags
            .has_feature(PyTypeFlags::HEAPTYPE);
        if let Some(own) = object.dict()
            && (is_native || !change)
        {
            // Of a native object: attributes that the program has set, which its class knows
            // nothing of. Of others: reading the attributes is a step already.
            all.retain(|one| !one.is(&own));
            if !is_native || self.is_collection(object) || self.is_exception(object) {
                all.extend(own.items_vec().into_iter().map(|(_, value)| value));
            }
        }
        // These do not tell the garbage collector.
        let shown = if kind == ObjectKind::View {
            object.get_attr("mapping", self.vm).ok()
        } else if object.class().is(types.generic_alias_type) || object.class().is(types.union_type)
        {
            object.get_attr("__args__", self.vm).ok()
        } else if let Some(weak) = object.downcast_ref::<PyWeak>() {
            self.known.not_seen(LIFETIME);
            weak.upgrade()
        } else {
            None
        };
        all.extend(shown);
        all.extend(self.told_when_asked(object));
        if object.class().is(types.mappingproxy_type) {
            let classes: Vec<PyObjectRef> = all.clone();
            let classes = classes
                .iter()
                .filter_map(|one| one.downcast_ref::<PyType>());
            all.extend(classes.flat_map(|class| class.get_attributes(&self.vm.ctx).into_values()));
        }
        if !change {
            all.retain(|one| one.downcast_ref::<PyType>().is_none());
        }
        let is_stream = kind == ObjectKind::Other && {
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

    /// What a native object holds without telling the garbage collector, but says when asked.
    fn told_when_asked(&self, object: &PyObject) -> Vec<PyObjectRef> {
        let class = object.class();
        if class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) && !self.is_exception(object) {
            return Vec::new();
        }
        let ask = |names: &[&'static str]| -> Vec<PyObjectRef> {
            let found = names
                .iter()
                .filter_map(|name| object.get_attr(*name, self.vm).ok());
            found.collect()
        };
        if let Some(exception) = object.downcast_ref::<PyBaseException>() {
            // (Those of a group are among its arguments. Asking by name may call the program.)
            return vec![exception.args().into()];
        }
        match self.module_of(class.as_object()).as_deref() {
            Some("string.templatelib") => ask(&["interpolations", "value"]),
            Some("operator" | "_operator") => {
                let method = self.vm.ctx.intern_str("__reduce__");
                let parts = self.vm.call_method(object, method.as_str(), ());
                parts.into_iter().collect()
            }
            Some("ast" | "_ast") => {
                let attributes = object.dict().map(|own| own.items_vec());
                let values = attributes.unwrap_or_default().into_iter();
                values.map(|(_, value)| value).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Those attributes of an instance that have something inside.
    fn attributes_with_insides(&self, object: &PyObject) -> Vec<PyObjectRef> {
        let Some(attributes) = object.dict() else {
            return Vec::new();
        };
        let values = attributes.items_vec().into_iter().map(|(_, value)| value);
        values.filter(|value| self.has_insides(value)).collect()
    }

    /// Whether an attribute belongs to the state of the object that has it, with what is inside.
    pub(super) fn has_insides(&self, value: &PyObject) -> bool {
        let types = &self.vm.ctx.types;
        self.is_container(value)
            || self.object_kind(value) == ObjectKind::Other
            || value.class().is(types.tuple_type)
            || value.class().is(types.frozenset_type)
    }

    /// What a stream wraps at last. What lies in between cannot be used without it, and how many
    /// there are must not matter: standard output has a buffer of its own or none.
    pub(super) fn innermost_stream(&self, stream: &PyObject) -> Option<PyObjectRef> {
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
    pub(super) fn touch(
        &self,
        object: &PyObject,
        change: bool,
        emit: &mut Emit<'_>,
    ) -> PyResult<bool> {
        if self.standard_stream(object, change, emit)? {
            return Ok(false);
        }
        let types = &self.vm.ctx.types;
        let class = object.class();
        if class.is(types.cell_type) {
            emit(Access::new(false, object.get_id(), 0, Target::Cell(object)))?;
            return Ok(true);
        }
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
            ObjectKind::View | ObjectKind::Iterator | ObjectKind::Lazy => {
                self.whole(object, change, emit)?;
                Ok(true)
            }
            ObjectKind::Generator => {
                self.whole(object, change, emit)?;
                Ok(false)
            }
            ObjectKind::Instance if change => {
                self.change(object, emit)?;
                Ok(true)
            }
            // It may work on another, as `csv.writer` on a file.
            ObjectKind::Other if change => {
                self.change(object, emit)?;
                Ok(true)
            }
            ObjectKind::Other => {
                self.whole(object, false, emit)?;
                Ok(true)
            }
            ObjectKind::Instance
                if self.is_collection(object) || self.is_shown_by_library(object) =>
            {
                self.holds_weakly(object);
                let address = self.known.attributes_of(object);
                let target = Target::Whole(object);
                emit(Access::new(false, address, 0, target).going_on())?;
                Ok(true)
            }
            ObjectKind::Instance => Ok(self.is_fixed_collection(object)),
            ObjectKind::Fixed if change && class.is(types.builtin_function_or_method_type) => {
                self.lend(object, emit)?;
                Ok(false)
            }
            ObjectKind::Fixed => {
                let shows_inside = [
                    types.tuple_type,
                    types.frozenset_type,
                    types.slice_type,
                    types.bound_method_type,
                    types.generic_alias_type,
                    types.union_type,
                    types.weakref_type,
                ];
                Ok(shows_inside.iter().any(|shown| class.is(*shown)))
            }
            // (A named tuple of the module `time`, too.)
            ObjectKind::Primitive => {
                let is_tuple = class.fast_issubclass(types.tuple_type);
                if self.showing.get() && !is_tuple {
                    self.known.not_seen(PRIMITIVE_TEXT);
                }
                Ok(is_tuple)
            }
        }
    }

    /// Whether what native code asks of an instance is answered by a method of the library's: that
    /// of a data class, of a named tuple.
    fn is_shown_by_library(&self, object: &PyObject) -> bool {
        ASKED
            .iter()
            .any(|method| self.is_of_library(object, method))
    }

    /// A value is passed to a function of the library. If that is a function, though not the
    /// program's own, the library may call it now or later.
    pub(super) fn lend(&self, value: &PyObject, emit: &mut Emit<'_>) -> PyResult<()> {
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
    pub(super) fn is_foreign_function(&self, value: &PyObject) -> bool {
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
    pub(crate) fn is_of_user(&self, object: &PyObject) -> bool {
        self.is_class_of_user(object.class())
    }

    /// Whether a class is the user's.
    pub(crate) fn is_class_of_user(&self, class: &Py<PyType>) -> bool {
        let name = class.get_direct_attr(self.vm.ctx.intern_str("__module__"));
        let name = name.as_ref().and_then(|name| name.downcast_ref::<PyStr>());
        let globals = name.and_then(|name| self.module(name)?.dict());
        globals.is_none_or(|globals| self.known.is_user_module(globals.get_id()))
    }

    /// The containers among the arguments of a call.
    pub(super) fn each(
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
    pub(super) fn is_of_library(&self, object: &PyObject, method: &'static str) -> bool {
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
