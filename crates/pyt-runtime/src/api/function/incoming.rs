//! The arguments of one call, matched to the parameters of a Rust function.

use std::{collections::HashMap, vec};

use rustpython_vm::{
    AsObject, PyObjectRef, PyResult,
    builtins::PyBaseExceptionRef,
    function::{FuncArgs, KwArgs},
};

use super::parameters::{Parameter, ParameterKind};
use crate::{FromPython, Python};

/// The arguments of a call that no parameter has taken yet.
#[doc(hidden)]
pub struct Incoming<'a> {
    function: &'a str,
    parameters: &'a [Parameter],
    /// Of the parameters, where they have one.
    defaults: &'a [Option<PyObjectRef>],
    positional: vec::IntoIter<PyObjectRef>,
    given: usize,
    keywords: KwArgs,
    /// How many parameters have taken their argument.
    taken: usize,
    /// Whether an argument was of another class than its parameter takes.
    is_mismatched: bool,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(
        function: &'a str,
        parameters: &'a [Parameter],
        defaults: &'a [Option<PyObjectRef>],
        args: FuncArgs,
    ) -> Self {
        Self {
            function,
            parameters,
            defaults,
            given: args.args.len(),
            positional: args.args.into_iter(),
            keywords: args.kwargs,
            taken: 0,
            is_mismatched: false,
        }
    }

    /// The instance that a method is called on. Error messages do not count it as an argument.
    pub(crate) fn receiver(&mut self) -> Option<PyObjectRef> {
        let receiver = self.positional.next()?;
        self.given -= 1;
        Some(receiver)
    }

    fn next<T: FromPython>(&mut self, py: Python<'_>) -> PyResult<T> {
        let index = self.taken;
        let parameter = self.parameters.get(index);
        self.taken += 1;
        let kind = parameter.map_or(ParameterKind::PositionOnly, |parameter| parameter.kind);
        let by_name = match parameter {
            Some(parameter) if kind != ParameterKind::PositionOnly && !self.keywords.is_empty() => {
                self.keywords.shift_remove(parameter.name.as_str())
            }
            _ => None,
        };
        let by_position = match kind {
            ParameterKind::KeywordOnly => None,
            _ => self.positional.next(),
        };
        let name = parameter.map(|parameter| parameter.name.as_str());
        let argument = match (by_position, by_name) {
            (Some(_), Some(_)) => {
                let name = name.unwrap_or_default();
                return Err(self.error(py, &format!("got multiple values for argument '{name}'")));
            }
            (by_position, by_name) => by_position.or(by_name),
        };
        let default = || self.defaults.get(index).cloned().flatten();
        let Some(argument) = argument.or_else(default) else {
            return T::missing().ok_or_else(|| self.missing(py, name));
        };
        T::from_object(argument, py).map_err(|raised| self.about_argument(py, raised, name, index))
    }

    /// Checks that all arguments were taken.
    pub(crate) fn finish(&mut self, py: Python<'_>) -> PyResult<()> {
        if let Some((name, _)) = (&self.keywords).into_iter().next() {
            let name = name.to_string_lossy();
            let message = format!("got an unexpected keyword argument '{name}'");
            return Err(self.error(py, &message));
        }
        if self.positional.len() > 0 {
            let by_keyword = self.parameters.iter().filter(|parameter| {
                matches!(
                    parameter.kind,
                    ParameterKind::KeywordOnly | ParameterKind::Keywords
                )
            });
            let takes = self.taken - by_keyword.count().min(self.taken);
            let plural = if takes == 1 { "" } else { "s" };
            let message = format!(
                "takes {takes} positional argument{plural} but {} were given",
                self.given
            );
            return Err(self.error(py, &message));
        }
        Ok(())
    }

    fn error(&self, py: Python<'_>, message: &str) -> PyBaseExceptionRef {
        py.vm()
            .new_type_error(format!("{}() {message}", self.function))
    }

    fn missing(&self, py: Python<'_>, name: Option<&str>) -> PyBaseExceptionRef {
        let message = match name {
            Some(name) => format!("missing required argument: '{name}'"),
            None => format!("missing required argument {}", self.taken),
        };
        self.error(py, &message)
    }

    /// Whether an argument was of another class than its parameter takes.
    pub(super) const fn is_mismatched(&self) -> bool {
        self.is_mismatched
    }

    /// Adds to a `TypeError` which argument it is about. Other exceptions are kept as they are.
    fn about_argument(
        &mut self,
        py: Python<'_>,
        raised: PyBaseExceptionRef,
        name: Option<&str>,
        index: usize,
    ) -> PyBaseExceptionRef {
        let vm = py.vm();
        if !raised.class().is(vm.ctx.exceptions.type_error) {
            return raised;
        }
        self.is_mismatched = true;
        let Ok(text) = raised.as_object().str(vm) else {
            return raised;
        };
        let text = text.to_string_lossy();
        let message = match name {
            Some(name) => format!("argument '{name}': {text}"),
            None => format!("argument {}: {text}", index + 1),
        };
        self.error(py, &message)
    }
}

/// The types of parameters of Rust functions: those that are [`FromPython`], [`Rest`] and
/// [`Keywords`]. It cannot be implemented elsewhere; implement [`FromPython`].
pub trait FromArgument: Sized {
    #[doc(hidden)]
    fn take(incoming: &mut Incoming<'_>, py: Python<'_>) -> PyResult<Self>;

    /// As Python annotates it.
    #[doc(hidden)]
    fn annotation() -> String;
}

impl<T: FromPython> FromArgument for T {
    fn take(incoming: &mut Incoming<'_>, py: Python<'_>) -> PyResult<Self> {
        incoming.next(py)
    }

    fn annotation() -> String {
        T::type_hint()
    }
}

/// All further positional arguments: `*args`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest<T>(pub Vec<T>);

impl<T: FromPython> FromArgument for Rest<T> {
    fn take(incoming: &mut Incoming<'_>, py: Python<'_>) -> PyResult<Self> {
        let first = incoming.taken;
        incoming.taken += 1;
        let mut rest = Vec::with_capacity(incoming.positional.len());
        while let Some(argument) = incoming.positional.next() {
            let index = first + rest.len();
            let item = T::from_object(argument, py);
            rest.push(item.map_err(|raised| incoming.about_argument(py, raised, None, index))?);
        }
        Ok(Self(rest))
    }

    fn annotation() -> String {
        T::type_hint()
    }
}

/// All further keyword arguments: `**kwargs`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keywords<T>(pub HashMap<String, T>);

impl<T: FromPython> FromArgument for Keywords<T> {
    fn take(incoming: &mut Incoming<'_>, py: Python<'_>) -> PyResult<Self> {
        incoming.taken += 1;
        let keywords = std::mem::take(&mut incoming.keywords).into_iter();
        let keywords = keywords.map(|(name, value)| {
            let name = name.to_string_lossy().into_owned();
            let value = T::from_object(value, py)?;
            Ok((name, value))
        });
        keywords.collect::<PyResult<_>>().map(Self)
    }

    fn annotation() -> String {
        T::type_hint()
    }
}
