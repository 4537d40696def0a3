//! Which Rust closures can be Python functions: those of up to eight parameters.

use rustpython_vm::PyResult;

use super::{
    Hints,
    incoming::{FromArgument, Incoming},
};
use crate::{IntoPython, Python};

/// A closure that can be a [`Function`](super::Function). The compiler infers `Marker`: the types
/// of the parameters, and whether the first is a [`Python`]. It cannot be implemented elsewhere.
pub trait HostFunction<Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call_from_python(&self, py: Python<'_>, incoming: &mut Incoming<'_>) -> PyResult;

    #[doc(hidden)]
    fn hints(&self) -> Hints;
}

/// The marker of closures that take a [`Python`] first.
#[derive(Debug)]
#[doc(hidden)]
pub struct WithPython<Args>(std::marker::PhantomData<Args>);

macro_rules! host_functions {
    ($($name:ident)*) => {
        impl<Function, Output, $($name),*> HostFunction<($($name,)*)> for Function
        where
            Function: Fn($($name),*) -> Output + Send + Sync + 'static,
            Output: IntoPython,
            $($name: FromArgument,)*
        {
            #[allow(non_snake_case, reason = "types name the variables")]
            fn call_from_python(&self, py: Python<'_>, incoming: &mut Incoming<'_>) -> PyResult {
                $(let $name = $name::take(incoming, py)?;)*
                incoming.finish(py)?;
                self($($name),*).into_object(py)
            }

            fn hints(&self) -> Hints {
                Hints {
                    parameters: vec![$($name::annotation()),*],
                    result: Output::type_hint(),
                }
            }
        }

        impl<Function, Output, $($name),*> HostFunction<WithPython<($($name,)*)>> for Function
        where
            Function: Fn(Python<'_>, $($name),*) -> Output + Send + Sync + 'static,
            Output: IntoPython,
            $($name: FromArgument,)*
        {
            #[allow(non_snake_case, reason = "types name the variables")]
            fn call_from_python(&self, py: Python<'_>, incoming: &mut Incoming<'_>) -> PyResult {
                $(let $name = $name::take(incoming, py)?;)*
                incoming.finish(py)?;
                self(py, $($name),*).into_object(py)
            }

            fn hints(&self) -> Hints {
                Hints {
                    parameters: vec![$($name::annotation()),*],
                    result: Output::type_hint(),
                }
            }
        }
    };
}

host_functions!();
host_functions!(A);
host_functions!(A B);
host_functions!(A B C);
host_functions!(A B C D);
host_functions!(A B C D E);
host_functions!(A B C D E F);
host_functions!(A B C D E F G);
host_functions!(A B C D E F G H);
