//! Which Rust closures can be methods: those whose first parameter is the state.

use rustpython_vm::PyResult;

use super::{object::state_of, state::InstanceState};
use crate::{
    Error, FromArgument, IntoPython, Python,
    api::function::{Function, Hints, Incoming, WithPython},
};

/// Only this crate can name it, so only this crate can implement a trait whose method takes one.
#[derive(Debug)]
pub struct Seal(());

/// The result of a constructor: the state, or an error to raise. It is implemented for all types
/// that can be one, and cannot be implemented elsewhere.
pub trait IntoState<T> {
    #[doc(hidden)]
    fn into_class_state(self, seal: Seal) -> Result<T, Error>;
}

impl<T> IntoState<T> for T {
    fn into_class_state(self, _: Seal) -> Result<T, Error> {
        Ok(self)
    }
}

impl<T, E: std::error::Error + Send + Sync + 'static> IntoState<T> for Result<T, E> {
    fn into_class_state(self, _: Seal) -> Result<T, Error> {
        self.map_err(Error::other)
    }
}

/// A closure that makes the state of a new instance: `Fn(A, B, ...) -> T`, or a `Result` of it; a
/// [`Python`] may come first. It cannot be implemented elsewhere.
pub trait HostConstructor<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    fn construct_from_python(&self, py: Python<'_>, incoming: &mut Incoming<'_>) -> PyResult<T>;

    #[doc(hidden)]
    fn hints(&self) -> Hints;
}

/// A closure that reads the state: `Fn(&T, A, B, ...) -> R`; a [`Python`] may come after the state.
/// It cannot be implemented elsewhere.
pub trait HostMethod<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call_from_python(
        &self,
        state: &InstanceState<T>,
        py: Python<'_>,
        incoming: &mut Incoming<'_>,
    ) -> PyResult;

    #[doc(hidden)]
    fn hints(&self) -> Hints;
}

/// A closure that changes the state: `Fn(&mut T, A, B, ...) -> R`; a [`Python`] may come after the
/// state. It cannot be implemented elsewhere.
pub trait HostMethodMut<T, Marker>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call_from_python(
        &self,
        state: &InstanceState<T>,
        py: Python<'_>,
        incoming: &mut Incoming<'_>,
    ) -> PyResult;

    #[doc(hidden)]
    fn hints(&self) -> Hints;
}

macro_rules! methods {
    ($($name:ident)*) => {
        methods!(@one py [] [($($name,)*)] $($name)*);
        methods!(@one py [py, Python<'_>] [WithPython<($($name,)*)>] $($name)*);
    };
    (@one $inside:ident [$($py:ident, $python:ty)?] [$marker:ty] $($name:ident)*) => {
        impl<T, Function, Output, $($name),*> HostConstructor<T, (Output, $marker)> for Function
        where
            Function: Fn($($python,)? $($name),*) -> Output + Send + Sync + 'static,
            Output: IntoState<T>,
            $($name: FromArgument,)*
        {
            #[allow(non_snake_case, reason = "types name the variables")]
            fn construct_from_python(&self, $inside: Python<'_>, incoming: &mut Incoming<'_>) -> PyResult<T> {
                $(let $name = $name::take(incoming, $inside)?;)*
                incoming.finish($inside)?;
                let state = self($($py,)? $($name),*).into_class_state(Seal(()));
                state.map_err(|error| error.into_exception($inside))
            }

            fn hints(&self) -> Hints {
                Hints {
                    parameters: vec![$($name::annotation()),*],
                    result: "None".to_owned(),
                }
            }
        }

        methods!(@method HostMethod, (&T), read, $inside [$($py, $python)?] [$marker] $($name)*);
        methods!(@method HostMethodMut, (&mut T), write, $inside [$($py, $python)?] [$marker] $($name)*);
    };
    (
        @method $trait:ident, ($state:ty), $access:ident,
        $inside:ident [$($py:ident, $python:ty)?] [$marker:ty] $($name:ident)*
    ) => {
        impl<T, Function, Output, $($name),*> $trait<T, $marker> for Function
        where
            T: Send + Sync + 'static,
            Function: Fn($state, $($python,)? $($name),*) -> Output + Send + Sync + 'static,
            Output: IntoPython,
            $($name: FromArgument,)*
        {
            #[allow(non_snake_case, reason = "types name the variables")]
            fn call_from_python(
                &self,
                state: &InstanceState<T>,
                $inside: Python<'_>,
                incoming: &mut Incoming<'_>,
            ) -> PyResult {
                $(let $name = $name::take(incoming, $inside)?;)*
                incoming.finish($inside)?;
                // The state is free again before the result is made an object.
                let output = state.$access($inside, |state| Ok(self(state, $($py,)? $($name),*)))?;
                output.into_object($inside)
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

methods!();
methods!(A);
methods!(A B);
methods!(A B C);
methods!(A B C D);
methods!(A B C D E);
methods!(A B C D E F);

/// The function that Python calls, whose first argument is the instance.
pub(super) fn function<T: Send + Sync + 'static>(
    name: &str,
    hints: Hints,
    body: impl Fn(&InstanceState<T>, Python<'_>, &mut Incoming<'_>) -> PyResult + Send + Sync + 'static,
) -> Function {
    let label = name.to_owned();
    Function::with_body(name, hints, move |py, incoming| {
        let Some(receiver) = incoming.receiver() else {
            let message = format!("{label}() needs an instance as its first argument");
            return Err(py.vm().new_type_error(message));
        };
        body(state_of(&receiver, py)?, py, incoming)
    })
}
