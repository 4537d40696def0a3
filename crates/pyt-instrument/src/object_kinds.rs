//! What kinds of objects there are, as far as sharing them matters. Decided by their native
//! class, so that no Python code runs.

use std::collections::{HashMap, HashSet};

use parking_lot::RwLock;
use rustpython_vm::{
    AsObject, Py, PyObject, VirtualMachine,
    builtins::{PyDict, PyFunction, PyModule, PyProperty, PyStr, PyType},
    types::PyTypeFlags,
};

use pyt_vm::number_map::NumberMap;

/// A kind of object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ObjectKind {
    /// Numbers, strings, tuples, functions, modules: nothing about them changes, or it is looked
    /// at as an attribute.
    Fixed,
    /// One of pyt's own primitives, whose operations are steps already.
    Primitive,
    /// A dictionary.
    Mapping,
    /// A set.
    Set,
    /// A list, or another sequence that changes.
    Sequence,
    /// A view of a dictionary.
    View,
    /// An iterator over one object, or over several by turns, that comes to an end.
    Iterator,
    /// An iterator over other iterators, or over what a function returns.
    Lazy,
    /// The body of a generator or coroutine function.
    Generator,
    /// An instance of a class written in Python, with nothing native inside.
    Instance,
    /// Any other native object: a file, say.
    Other,
}

impl ObjectKind {
    pub(super) fn is_container(self) -> bool {
        matches!(self, Self::Mapping | Self::Set | Self::Sequence)
    }

    /// Whether it is changed by taking its next item.
    pub(super) fn advances(self) -> bool {
        matches!(self, Self::Iterator | Self::Lazy | Self::Generator)
    }
}

/// The kinds of classes that were met, by address: only of those that live as long as the
/// process.
#[derive(Debug, Default)]
pub(super) struct ObjectKinds(RwLock<NumberMap<usize, ObjectKind>>);

impl ObjectKinds {
    /// What `object` is.
    pub(super) fn of(&self, object: &PyObject, vm: &VirtualMachine) -> ObjectKind {
        let class = object.class();
        if !class.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
            return self.of_native(class, vm);
        }
        let mut native = class.base.load_owned();
        while let Some(base) = &native {
            if !base.slots.flags.has_feature(PyTypeFlags::HEAPTYPE) {
                break;
            }
            native = base.base.load_owned();
        }
        match native {
            Some(base) if !base.is(vm.ctx.types.object_type) => match self.of_native(&base, vm) {
                // A subclass has attributes of its own; what it inherits is fixed.
                ObjectKind::Fixed => ObjectKind::Instance,
                kind => kind,
            },
            _ => ObjectKind::Instance,
        }
    }

    fn of_native(&self, class: &Py<PyType>, vm: &VirtualMachine) -> ObjectKind {
        let address = class.get_id();
        if let Some(known) = self.0.read().get(&address) {
            return *known;
        }
        let kind = kind_of_class(class, vm);
        self.0.write().insert(address, kind);
        kind
    }
}

fn kind_of_class(class: &Py<PyType>, vm: &VirtualMachine) -> ObjectKind {
    let module = class
        .get_direct_attr(vm.ctx.intern_str("__module__"))
        .and_then(|module| {
            Some(
                module
                    .downcast_ref::<PyStr>()?
                    .to_string_lossy()
                    .into_owned(),
            )
        });
    let module = module.as_deref().unwrap_or("builtins");
    let name = class.slot_name().to_owned();
    let name = name.rsplit('.').next().unwrap_or_default();
    match (module, name) {
        ("threading" | "_thread" | "queue" | "_queue" | "time", _) => ObjectKind::Primitive,
        (_, "dict" | "defaultdict" | "OrderedDict" | "mappingproxy") => ObjectKind::Mapping,
        // What it has is attributes.
        ("types", "SimpleNamespace") => ObjectKind::Instance,
        (_, "set") => ObjectKind::Set,
        (_, "list" | "deque" | "bytearray" | "array" | "memoryview") => ObjectKind::Sequence,
        (
            _,
            "dict_keys" | "dict_values" | "dict_items" | "odict_keys" | "odict_values"
            | "odict_items",
        ) => ObjectKind::View,
        (
            _,
            "list_iterator"
            | "list_reverseiterator"
            | "dict_keyiterator"
            | "dict_valueiterator"
            | "dict_itemiterator"
            | "dict_reversekeyiterator"
            | "dict_reversevalueiterator"
            | "dict_reverseitemiterator"
            | "odict_iterator"
            | "set_iterator"
            | "_deque_iterator"
            | "_deque_reverse_iterator"
            | "bytearray_iterator"
            | "arrayiterator"
            | "memory_iterator"
            | "range_iterator"
            | "longrange_iterator"
            | "str_iterator"
            | "str_ascii_iterator"
            | "tuple_iterator"
            | "bytes_iterator"
            | "enumerate"
            | "zip"
            | "reversed",
        ) => ObjectKind::Iterator,
        ("itertools", _) | (_, "map" | "filter" | "iterator" | "callable_iterator") => {
            ObjectKind::Lazy
        }
        ("re" | "_sre", "Scanner" | "SRE_Scanner") | ("_struct", "unpack_iterator") => {
            ObjectKind::Other
        }
        ("builtins", "generator" | "coroutine" | "async_generator") => ObjectKind::Generator,
        (
            "builtins" | "types" | "typing" | "_typing" | "re" | "_sre" | "datetime" | "_struct"
            | "weakref",
            _,
        ) => ObjectKind::Fixed,
        _ => ObjectKind::Other,
    }
}

/// Whether a value is a binding that programs do not change: a function, a class, a module.
pub(super) fn is_binding(value: &PyObject, vm: &VirtualMachine) -> bool {
    let class = value.class();
    let types = &vm.ctx.types;
    class.is(types.function_type)
        || class.is(types.builtin_function_or_method_type)
        || class.is(types.method_descriptor_type)
        || class.is(types.classmethod_type)
        || class.is(types.staticmethod_type)
        || class.is(types.getset_type)
        || value.downcast_ref::<PyType>().is_some()
        || value.downcast_ref::<PyModule>().is_some()
        || value.downcast_ref::<PyProperty>().is_some()
}

/// The code object of a Python function, by address.
pub(super) fn code_of(function: &Py<PyFunction>, vm: &VirtualMachine) -> Option<usize> {
    let code = function
        .as_object()
        .get_attr(vm.ctx.intern_str("__code__"), vm)
        .ok()?;
    Some(code.get_id())
}

/// What the built-in functions do to their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Builtin {
    /// They look at the containers among them, if at anything.
    Reads,
    /// They read the containers among them, and all that these have inside.
    ReadsDeep,
    /// They do so, and call a function for each item if they are given one.
    Orders,
    /// A file is opened.
    Opens,
    /// The first is an iterator, and goes on.
    Advances,
    /// It goes to a stream that all share.
    Prints,
    /// The dictionary of the first is given away: `vars`.
    Exposes,
    /// The names of the first are listed, or those of the program: `dir`.
    Names,
    /// An attribute is read: `getattr`, `hasattr`.
    ReadsAttribute,
    /// An attribute is changed: `setattr`, `delattr`.
    ChangesAttribute,
}

impl Builtin {
    /// Whether it reads or changes attributes.
    pub(super) fn is_about_attributes(self) -> bool {
        matches!(
            self,
            Self::Exposes | Self::Names | Self::ReadsAttribute | Self::ChangesAttribute
        )
    }
}

/// The built-in functions, by address.
#[derive(Debug, Default)]
pub(super) struct Builtins(HashMap<usize, Builtin>);

impl Builtins {
    pub(super) fn of(builtins: &PyDict) -> Self {
        let known = |name: &str| match name {
            "repr" | "ascii" | "format" | "hash" | "sum" | "any" | "all" => Builtin::ReadsDeep,
            "sorted" | "min" | "max" => Builtin::Orders,
            "open" => Builtin::Opens,
            "next" => Builtin::Advances,
            "print" => Builtin::Prints,
            "vars" => Builtin::Exposes,
            "dir" => Builtin::Names,
            "getattr" | "hasattr" => Builtin::ReadsAttribute,
            "setattr" | "delattr" => Builtin::ChangesAttribute,
            _ => Builtin::Reads,
        };
        Self(
            builtins
                .items_vec()
                .into_iter()
                .filter_map(|(name, value)| {
                    let name = name.downcast_ref::<PyStr>()?.to_string_lossy().into_owned();
                    Some((value.get_id(), known(&name)))
                })
                .collect(),
        )
    }

    pub(super) fn get(&self, function: &PyObject) -> Option<Builtin> {
        self.0.get(&function.get_id()).copied()
    }
}

/// Methods of containers that leave them as they are.
const READING: &[&str] = &[
    "get",
    "items",
    "keys",
    "values",
    "copy",
    "index",
    "count",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "issubset",
    "issuperset",
    "isdisjoint",
    "find",
    "rfind",
    "startswith",
    "endswith",
    "decode",
    "hex",
    "tolist",
    "tobytes",
    "most_common",
    "elements",
    "total",
    "__len__",
    "__contains__",
    "__getitem__",
    "__iter__",
    "__eq__",
    "__repr__",
    "__str__",
];

/// Methods that look at the containers that they are given.
const TAKING: &[&str] = &[
    "extend",
    "extendleft",
    "update",
    "union",
    "intersection",
    "difference",
    "symmetric_difference",
    "intersection_update",
    "difference_update",
    "symmetric_difference_update",
    "issubset",
    "issuperset",
    "isdisjoint",
    "join",
    "write",
    "writelines",
    "format",
    "__init__",
    "__setitem__",
    "__add__",
    "__iadd__",
    "__or__",
    "__ior__",
    "__and__",
    "__iand__",
    "__sub__",
    "__isub__",
    "__xor__",
    "__ixor__",
];

/// Methods of dictionaries and sets whose first argument is the one key that they are about.
const KEYED: &[&str] = &[
    "get",
    "pop",
    "setdefault",
    "add",
    "discard",
    "remove",
    "__contains__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
];

/// What a method of a container does, by its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Method {
    pub(super) change: bool,
    /// Reads the containers among its arguments.
    pub(super) takes: bool,
    /// Is about the key that comes first.
    pub(super) keyed: bool,
}

impl Method {
    pub(super) fn named(name: &str) -> Self {
        static READS: std::sync::LazyLock<HashSet<&str>> =
            std::sync::LazyLock::new(|| READING.iter().copied().collect());
        Self {
            change: !READS.contains(name),
            takes: TAKING.contains(&name),
            keyed: KEYED.contains(&name),
        }
    }
}
