//! Arguments of native methods, bound by hand: a call without arguments costs nothing, and the
//! errors are those of the functions the methods stand for.
//!
//! Upstream's `FromArgs` builds messages of its own and always walks the whole signature.

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef,
    function::FuncArgs,
};

/// A signature whose errors read as those of a function written in Python.
pub(crate) struct Signature<const N: usize> {
    /// The qualified name.
    pub(crate) name: &'static str,
    /// The parameters after `self`.
    pub(crate) params: [&'static str; N],
    /// How many of them have no default.
    pub(crate) required: usize,
}

impl<const N: usize> Signature<N> {
    /// The arguments in the order of the parameters.
    #[inline]
    pub(crate) fn bind(
        &self,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<[Option<PyObjectRef>; N]> {
        if args.kwargs.is_empty() && args.args.is_empty() && self.required == 0 {
            return Ok([const { None }; N]);
        }
        self.bind_slow(args, vm)
    }

    fn bind_slow(&self, args: FuncArgs, vm: &VirtualMachine) -> PyResult<[Option<PyObjectRef>; N]> {
        let mut bound = [const { None }; N];
        let given = args.args.len();
        for (slot, arg) in bound.iter_mut().zip(args.args) {
            *slot = Some(arg);
        }
        for (name, value) in args.kwargs {
            let name = name.to_string_lossy();
            let Some(place) = self.params.iter().position(|param| *param == name) else {
                return Err(vm.new_type_error(format!(
                    "{}() got an unexpected keyword argument '{name}'",
                    self.name
                )));
            };
            if bound[place].replace(value).is_some() {
                return Err(vm.new_type_error(format!(
                    "{}() got multiple values for argument '{name}'",
                    self.name
                )));
            }
        }
        if given > N {
            // The instance counts, as it does for a function written in Python.
            let most = N + 1;
            let takes = if self.required < N {
                format!("from {} to {most} positional arguments", self.required + 1)
            } else if most == 1 {
                "1 positional argument".to_owned()
            } else {
                format!("{most} positional arguments")
            };
            return Err(vm.new_type_error(format!(
                "{}() takes {takes} but {} were given",
                self.name,
                given + 1
            )));
        }
        let missing: Vec<_> = (0..self.required)
            .filter(|place| bound[*place].is_none())
            .map(|place| format!("'{}'", self.params[place]))
            .collect();
        if !missing.is_empty() {
            return Err(vm.new_type_error(format!(
                "{}() missing {} required positional argument{}: {}",
                self.name,
                missing.len(),
                if missing.len() == 1 { "" } else { "s" },
                listed(&missing)
            )));
        }
        Ok(bound)
    }
}

/// As Python lists missing arguments: `a`, `a and b`, `a, b, and c`.
fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} and {two}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    }
}

/// Checks that a method written in Python, called `name`, got nothing but its instance.
#[inline]
pub(crate) fn none(name: &'static str, args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if args.is_empty() {
        return Ok(());
    }
    let signature = Signature {
        name,
        params: [],
        required: 0,
    };
    signature.bind(args.clone(), vm).map(|[]| ())
}

/// Checks that a method written in C, called `name` (`class.method`), got nothing but its
/// instance.
#[inline]
pub(crate) fn none_builtin(
    name: &'static str,
    args: &FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if args.is_empty() {
        return Ok(());
    }
    let kind = if args.kwargs.is_empty() {
        format!("no arguments ({} given)", args.args.len())
    } else {
        "no keyword arguments".to_owned()
    };
    Err(vm.new_type_error(format!("{name}() takes {kind}")))
}

/// The arguments of a function written in C, called `name`, whose parameters all have defaults.
pub(crate) fn builtin<const N: usize>(
    name: &'static str,
    params: [&'static str; N],
    args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<[Option<PyObjectRef>; N]> {
    let mut bound = [const { None }; N];
    let given = args.args.len() + args.kwargs.len();
    if given > N {
        return Err(vm.new_type_error(format!(
            "{name}() takes at most {N} argument{} ({given} given)",
            if N == 1 { "" } else { "s" }
        )));
    }
    for (slot, arg) in bound.iter_mut().zip(args.args) {
        *slot = Some(arg);
    }
    for (key, value) in args.kwargs {
        let key = key.to_string_lossy();
        let Some(place) = params.iter().position(|param| *param == key) else {
            return Err(vm.new_type_error(format!(
                "{name}() got an unexpected keyword argument '{key}'"
            )));
        };
        if bound[place].replace(value).is_some() {
            return Err(vm.new_type_error(format!(
                "argument for {name}() given by name ('{key}') and position ({})",
                place + 1
            )));
        }
    }
    Ok(bound)
}

/// Checks the arguments of a method `__exit__(self, t, v, tb)`.
#[inline]
pub(crate) fn exit(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if args.args.len() == 3 && args.kwargs.is_empty() {
        return Ok(());
    }
    let signature = Signature {
        name,
        params: ["t", "v", "tb"],
        required: 3,
    };
    signature.bind(args, vm).map(drop)
}

/// `module.qualname` of an object's class, as reprs show it.
pub(crate) fn class_shown(object: &PyObject, vm: &VirtualMachine) -> PyResult<String> {
    let class = object.class();
    Ok(format!(
        "{}.{}",
        class.__module__(vm)?.str(vm)?,
        class.__qualname__(vm).str(vm)?
    ))
}

/// The error of a method on an object whose class forgot `super().__init__()`.
pub(crate) fn uninitialised(
    object: &PyObject,
    attribute: &'static str,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    vm.new_no_attribute_error(object.to_owned(), vm.ctx.new_str(attribute))
}
