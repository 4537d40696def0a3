//! Arguments of a call: a tuple of values, keyword arguments and unpacked collections.

use rustpython_vm::{PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::{FromPython, IntoPython, name::name};
use crate::Python;

/// The arguments of one call, as Python objects.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Args {
    positional: Vec<PyObjectRef>,
    names: Vec<PyObjectRef>,
    named: Vec<PyObjectRef>,
}

impl Args {
    fn with_capacity(capacity: usize) -> Self {
        Self {
            positional: Vec::with_capacity(capacity),
            ..Self::default()
        }
    }

    fn push_named(
        &mut self,
        keyword: &str,
        value: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let is_known = self.names.iter().any(|known| {
            let known = known.downcast_ref::<rustpython_vm::builtins::PyStr>();
            known.and_then(|known| known.to_str()) == Some(keyword)
        });
        if is_known {
            let message = format!("got multiple values for keyword argument '{keyword}'");
            return Err(vm.new_type_error(message));
        }
        self.names.push(name(vm, keyword).into());
        self.named.push(value);
        Ok(())
    }

    pub(crate) fn call(mut self, callee: &PyObject, vm: &VirtualMachine) -> PyResult {
        let count = self.positional.len();
        if self.names.is_empty() {
            return callee.vectorcall(self.positional, count, None, vm);
        }
        self.positional.append(&mut self.named);
        callee.vectorcall(self.positional, count, Some(&self.names), vm)
    }
}

/// The arguments of a call: a tuple of up to twelve [`IntoArg`]s, `()` for none. It cannot be
/// implemented elsewhere.
pub trait IntoArgs {
    #[doc(hidden)]
    fn into_call_args(self, py: Python<'_>) -> PyResult<Args>;
}

/// An element of the arguments of a call: a value that is [`IntoPython`] is passed by position,
/// [`kw`] passes one by keyword, [`unpack`] and [`unpack_kw`] pass many. It cannot be implemented
/// elsewhere; implement [`IntoPython`].
pub trait IntoArg {
    #[doc(hidden)]
    fn add_to_call(self, args: &mut Args, py: Python<'_>) -> PyResult<()>;
}

impl<T: IntoPython> IntoArg for T {
    fn add_to_call(self, args: &mut Args, py: Python<'_>) -> PyResult<()> {
        args.positional.push(self.into_object(py)?);
        Ok(())
    }
}

/// A keyword argument, made by [`kw`].
#[derive(Clone, Copy, Debug)]
pub struct Kw<'a, T> {
    name: &'a str,
    value: T,
}

/// The keyword argument `name=value`.
pub const fn kw<T: IntoPython>(name: &str, value: T) -> Kw<'_, T> {
    Kw { name, value }
}

impl<T: IntoPython> IntoArg for Kw<'_, T> {
    fn add_to_call(self, args: &mut Args, py: Python<'_>) -> PyResult<()> {
        let value = self.value.into_object(py)?;
        args.push_named(self.name, value, py.vm())
    }
}

/// Many arguments by position, made by [`unpack`].
#[derive(Clone, Copy, Debug)]
pub struct Unpack<I>(I);

/// Each item is an argument: `*items`.
pub const fn unpack<I>(items: I) -> Unpack<I>
where
    I: IntoIterator<Item: IntoPython>,
{
    Unpack(items)
}

impl<I: IntoIterator<Item: IntoPython>> IntoArg for Unpack<I> {
    fn add_to_call(self, args: &mut Args, py: Python<'_>) -> PyResult<()> {
        for item in self.0 {
            args.positional.push(item.into_object(py)?);
        }
        Ok(())
    }
}

/// Many arguments by keyword, made by [`unpack_kw`].
#[derive(Clone, Debug)]
pub struct UnpackKw<T>(T);

/// Each entry of a mapping with names as keys is a keyword argument: `**mapping`. `mapping` is a
/// value that becomes one, such as a map or a [`Serde`](crate::Serde) struct.
pub const fn unpack_kw<T: IntoPython>(mapping: T) -> UnpackKw<T> {
    UnpackKw(mapping)
}

impl<T: IntoPython> IntoArg for UnpackKw<T> {
    fn add_to_call(self, args: &mut Args, py: Python<'_>) -> PyResult<()> {
        let mapping = self.0.into_object(py)?;
        for (key, value) in super::convert_collections::entries(&mapping, py.vm())? {
            let name = String::from_object(key, py)
                .map_err(|_| py.vm().new_type_error("keywords must be strings"))?;
            args.push_named(&name, value, py.vm())?;
        }
        Ok(())
    }
}

macro_rules! tuple_args {
    ($count:literal $($name:ident)*) => {
        impl<$($name: IntoArg),*> IntoArgs for ($($name,)*) {
            #[allow(
                non_snake_case,
                unused_variables,
                unused_mut,
                reason = "types name the variables; a tuple of none has none"
            )]
            fn into_call_args(self, py: Python<'_>) -> PyResult<Args> {
                let ($($name,)*) = self;
                let mut args = Args::with_capacity($count);
                $($name.add_to_call(&mut args, py)?;)*
                Ok(args)
            }
        }
    };
}

tuple_args!(0);
tuple_args!(1 A);
tuple_args!(2 A B);
tuple_args!(3 A B C);
tuple_args!(4 A B C D);
tuple_args!(5 A B C D E);
tuple_args!(6 A B C D E F);
tuple_args!(7 A B C D E F G);
tuple_args!(8 A B C D E F G H);
tuple_args!(9 A B C D E F G H I);
tuple_args!(10 A B C D E F G H I J);
tuple_args!(11 A B C D E F G H I J K);
tuple_args!(12 A B C D E F G H I J K L);
