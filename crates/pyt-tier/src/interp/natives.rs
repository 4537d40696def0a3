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

/// A native method that compiled code calls on its object without the interpreter. It runs nothing
/// of the program's, and waits for nothing.
#[derive(Clone)]
pub struct Direct {
    /// The method as its class has it, an object of `method_descriptor`.
    pub method: PyObjectRef,
    /// Does what the method does when it is called without arguments, or does nothing and returns
    /// false. Then the interpreter calls the method.
    pub call: fn(&PyObject, &VirtualMachine) -> bool,
    /// The method returns `True`; else it returns `None`.
    pub returns_true: bool,
}

impl std::fmt::Debug for Direct {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Direct").finish_non_exhaustive()
    }
}

/// The built-in functions of one interpreter, as they were before its programs could change them.
pub(crate) struct Builtins(Vec<(PyObjectRef, Builtin)>, Vec<Direct>);

impl Builtins {
    pub(crate) fn of(natives: Vec<Direct>, vm: &VirtualMachine) -> PyResult<Self> {
        let builtins = FUNCTIONS.iter().map(|(name, builtin)| {
            let function = vm.builtins.get_attr(*name, vm)?;
            Ok((function, *builtin))
        });
        let methods = LIST_METHODS.iter().filter_map(|(name, builtin)| {
            let method = vm.ctx.types.list_type.get_attr(vm.ctx.intern_str(*name));
            Some(Ok((method?, *builtin)))
        });
        let own = (natives.iter().zip(0..))
            .map(|(native, at)| Ok((native.method.clone(), Builtin::Native(at))));
        let all = builtins
            .chain(methods)
            .chain(own)
            .collect::<PyResult<_>>()?;
        Ok(Self(all, natives))
    }

    /// The methods that [`Builtin::Native`] counts.
    pub(crate) fn natives(&self) -> &[Direct] {
        &self.1
    }

    pub(crate) fn objects(&self) -> impl Iterator<Item = PyObjectRef> {
        let natives = self.1.iter().map(|native| native.method.clone());
        self.0
            .iter()
            .map(|(object, _)| object.clone())
            .chain(natives)
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
