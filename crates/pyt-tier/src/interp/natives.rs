//! The built-in functions and methods that programs can call.

use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};

use crate::ir::code::Builtin;

/// The methods of lists that programs can call.
const LIST_METHODS: [(&str, Builtin); 2] =
    [("append", Builtin::ListAppend), ("pop", Builtin::ListPop)];
/// The built-in functions that programs can call, by the names that they have in `builtins`.
const FUNCTIONS: [(&str, Builtin); 4] = [
    ("abs", Builtin::Abs),
    ("len", Builtin::Len),
    ("max", Builtin::Max),
    ("min", Builtin::Min),
];

/// The built-in functions of one interpreter, as they were before its programs could change them.
pub(crate) struct Builtins(Vec<(PyObjectRef, Builtin)>);

impl Builtins {
    pub(crate) fn of(vm: &VirtualMachine) -> PyResult<Self> {
        let builtins = FUNCTIONS.iter().map(|(name, builtin)| {
            let function = vm.builtins.get_attr(*name, vm)?;
            Ok((function, *builtin))
        });
        let methods = LIST_METHODS.iter().filter_map(|(name, builtin)| {
            let method = vm.ctx.types.list_type.get_attr(vm.ctx.intern_str(*name));
            Some(Ok((method?, *builtin)))
        });
        builtins.chain(methods).collect::<PyResult<_>>().map(Self)
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = PyObjectRef> {
        self.0.iter().map(|(object, _)| object.clone())
    }

    pub(super) fn find(&self, object: &PyObject, vm: &VirtualMachine) -> Option<Builtin> {
        let types = &vm.ctx.types;
        let classes = [
            (types.bool_type, Builtin::Bool),
            (types.float_type, Builtin::Float),
            (types.int_type, Builtin::Int),
            (types.range_type, Builtin::Range),
        ];
        let class = classes.into_iter().find(|(class, _)| object.is(*class));
        let function = || self.0.iter().find(|(known, _)| object.is(known));
        class
            .map(|(_, builtin)| builtin)
            .or_else(|| function().map(|(_, builtin)| *builtin))
    }
}
