//! Methods whose call costs more than what they do, called without upstream's general binding of
//! arguments, which is a third of a call of `lock.release()`.
//!
//! A class names them in [`hot_methods!`] and has `HotMethods` among its `with(...)`. Nothing but
//! the cost changes: names, texts and signatures are those of the `#[pymethod]`s, the methods bind
//! their arguments themselves (see `arguments`), and a call without a fitting instance is still
//! upstream's.

use rustpython_vm::{
    Context, Py, PyPayload, PyResult, VirtualMachine,
    builtins::PyType,
    class::PyClassImpl,
    convert::ToPyResult,
    function::{Callee, FuncArgs, IntoPyNativeFn, PyMethodDef, PyMethodFlags, PyNativeFn},
    types::PyTypeSlots,
};

/// Arguments that say themselves what is wrong with them.
pub(crate) trait Bind: Sized {
    /// The arguments after the instance.
    ///
    /// # Errors
    /// `TypeError` if they do not fit.
    fn bind(args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self>;
}

impl Bind for FuncArgs {
    #[inline]
    fn bind(args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(args)
    }
}

/// Calls `method` on the first argument.
#[expect(
    clippy::inline_always,
    reason = "measured: the call is what this saves"
)]
#[inline(always)]
pub(crate) fn call<S, A, R, F, Kind>(
    method: F,
    vm: &VirtualMachine,
    mut args: FuncArgs,
    callee: Callee,
) -> PyResult
where
    S: PyPayload,
    A: Bind,
    R: ToPyResult,
    F: Fn(&Py<S>, A, &VirtualMachine) -> R + IntoPyNativeFn<Kind>,
{
    if args.args.is_empty() {
        return IntoPyNativeFn::call(&method, vm, args, callee);
    }
    // Most calls have no more than one argument besides; there this is the same, and cheaper.
    let zelf = if args.args.len() <= 2 {
        args.args.swap_remove(0)
    } else {
        args.args.remove(0)
    };
    match zelf.downcast::<S>() {
        Ok(zelf) => method(&zelf, A::bind(args, vm)?, vm).to_pyresult(vm),
        Err(other) => {
            args.prepend_arg(other);
            IntoPyNativeFn::call(&method, vm, args, callee)
        }
    }
}

/// A class with hot methods.
///
/// The functions are what `#[pyclass(with(HotMethods))]` looks for in a trait.
pub(crate) trait HotMethods: PyClassImpl {
    /// Their Python names and what they do.
    const HOT: &'static [(&'static str, &'static dyn PyNativeFn)];

    #[doc(hidden)]
    const __OWN_METHOD_DEFS: &'static [PyMethodDef] = &[];

    #[doc(hidden)]
    fn __extend_py_class(_ctx: &'static Context, _class: &'static Py<PyType>) {}

    /// Puts the hot methods into the place of those that the class has by these names.
    #[doc(hidden)]
    fn __extend_slots(slots: &mut PyTypeSlots) {
        let mut methods = Self::METHOD_DEFS.to_vec();
        for method in &mut methods {
            if let Some((_, func)) = Self::HOT.iter().find(|(name, _)| *name == method.name) {
                method.func = *func;
                // They take whatever they are given; this is the form that the interpreter calls
                // with the least ado.
                method.flags = PyMethodFlags::METHOD
                    .union(PyMethodFlags::FASTCALL)
                    .union(PyMethodFlags::KEYWORDS);
            }
        }
        // Once for each class, which lives as long as the process.
        slots.methods = methods.leak();
    }
}

/// Declares the hot methods of a class: `hot_methods!(Class: method, other as "python_name", ...)`.
macro_rules! hot_methods {
    ($class:ty: $($method:ident $(as $name:literal)?),* $(,)?) => {
        impl $crate::args::fastcall::HotMethods for $class {
            const HOT: &'static [(
                &'static str,
                &'static dyn ::rustpython_vm::function::PyNativeFn,
            )] = &[$((
                $crate::args::fastcall::hot_methods!(@name $method $($name)?),
                ::rustpython_vm::function::static_raw_func(
                    |vm: &::rustpython_vm::VirtualMachine, args, callee| {
                        $crate::args::fastcall::call(<$class>::$method, vm, args, callee)
                    },
                ),
            )),*];
        }
    };
    (@name $method:ident) => { stringify!($method) };
    (@name $method:ident $name:literal) => { $name };
}

pub(crate) use hot_methods;
