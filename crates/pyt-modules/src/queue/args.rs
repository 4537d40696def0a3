//! Arguments of the methods of `queue` and `_queue`.
//!
//! The originals are written in Python and in C; a wrong call is reported in the words that
//! CPython uses for functions of either kind. And the hot methods need a binding that costs next
//! to nothing.

use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, function::FuncArgs,
};

/// In what the original is written, which shows in its error messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Origin {
    Python,
    C,
}

/// The parameters of a method after `self`: the first `required` must be given.
pub(super) struct Signature<const N: usize> {
    pub(super) origin: Origin,
    /// As CPython names it in messages: `Queue.put`.
    pub(super) method: &'static str,
    pub(super) names: [&'static str; N],
    pub(super) required: usize,
}

impl<const N: usize> Signature<N> {
    /// The arguments in the order of the parameters.
    pub(super) fn bind(
        &self,
        args: &mut FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<[Option<PyObjectRef>; N]> {
        let given = args.args.len();
        let mut bound = [const { None }; N];
        for (place, value) in bound.iter_mut().zip(args.args.drain(..)) {
            *place = Some(value);
        }
        if !args.kwargs.is_empty() {
            if self.origin == Origin::C && given + args.kwargs.len() > N {
                return Err(self.too_many(given + args.kwargs.len(), vm));
            }
            self.bind_keywords(args, &mut bound, vm)?;
        }
        if given > N {
            return Err(self.too_many(given, vm));
        }
        if bound[..self.required].iter().any(Option::is_none) {
            return Err(self.missing(&bound, vm));
        }
        Ok(bound)
    }

    fn bind_keywords(
        &self,
        args: &mut FuncArgs,
        bound: &mut [Option<PyObjectRef>; N],
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let method = self.method;
        let mut unknown = None;
        for (name, value) in args.remaining_keywords() {
            let Some(place) = self
                .names
                .iter()
                .position(|known| name.as_bytes() == known.as_bytes())
            else {
                unknown = unknown.or(Some(name));
                continue;
            };
            if bound[place].replace(value).is_some() {
                return Err(vm.new_type_error(match self.origin {
                    Origin::Python => {
                        format!("{method}() got multiple values for argument '{name}'")
                    }
                    Origin::C => format!(
                        "argument for {method}() given by name ('{name}') and position ({})",
                        place + 1
                    ),
                }));
            }
        }
        match unknown {
            // C functions look for what is missing first.
            Some(_)
                if self.origin == Origin::C
                    && bound[..self.required].iter().any(Option::is_none) =>
            {
                Ok(())
            }
            Some(name) => Err(vm.new_type_error(format!(
                "{method}() got an unexpected keyword argument '{name}'"
            ))),
            None => Ok(()),
        }
    }

    #[cold]
    fn too_many(&self, given: usize, vm: &VirtualMachine) -> PyBaseExceptionRef {
        if self.origin == Origin::C {
            let plural = if N == 1 { "" } else { "s" };
            return vm.new_type_error(match N {
                0 if self.method.contains('.') => {
                    format!("{}() takes no arguments ({given} given)", self.method)
                }
                0 => format!("{}() takes no arguments", self.method),
                _ => format!(
                    "{}() takes at most {N} argument{plural} ({given} given)",
                    self.method
                ),
            });
        }
        // `self` counts on both sides.
        let (least, most, given) = (self.required + 1, N + 1, given + 1);
        let takes = if least < most {
            format!("from {least} to {most}")
        } else {
            most.to_string()
        };
        let plural = if most == 1 { "" } else { "s" };
        vm.new_type_error(format!(
            "{}() takes {takes} positional argument{plural} but {given} were given",
            self.method
        ))
    }

    #[cold]
    fn missing(&self, bound: &[Option<PyObjectRef>; N], vm: &VirtualMachine) -> PyBaseExceptionRef {
        if self.origin == Origin::C {
            let place = bound.iter().position(Option::is_none).unwrap_or(0);
            return vm.new_type_error(format!(
                "{}() missing required argument '{}' (pos {})",
                self.method,
                self.names[place],
                place + 1
            ));
        }
        let missing: Vec<_> = self.names[..self.required]
            .iter()
            .zip(bound)
            .filter(|(_, value)| value.is_none())
            .map(|(name, _)| format!("'{name}'"))
            .collect();
        let plural = if missing.len() == 1 { "" } else { "s" };
        vm.new_type_error(format!(
            "{}() missing {} required positional argument{plural}: {}",
            self.method,
            missing.len(),
            missing.join(" and ")
        ))
    }
}

/// Declares the type of a method's arguments: its name, the method's, the parameters that must be
/// given, and those that may be, with their defaults as a signature shows them.
macro_rules! arguments {
    ($type:ident, $origin:ident, $method:literal, [$($required:ident),*], [$($optional:ident = $default:literal),*]) => {
        #[allow(dead_code, reason = "some arguments are accepted and ignored")]
        pub(crate) struct $type {
            $(pub(in crate::queue) $required: PyObjectRef,)*
            $(pub(in crate::queue) $optional: Option<PyObjectRef>,)*
        }

        impl FromArgs for $type {
            const PARAMS: Option<&'static [Param]> = Some(&[
                $(Param::positional_or_keyword(stringify!($required)),)*
                $(Param {
                    name: stringify!($optional),
                    kind: ParamKind::PositionalOrKeyword,
                    default: Some(DefaultRepr::Raw($default)),
                },)*
            ]);

            #[inline]
            fn from_args(vm: &VirtualMachine, args: &mut FuncArgs) -> Result<Self, ArgumentError> {
                const NAMES: &[&str] = &[$(stringify!($required),)* $(stringify!($optional),)*];
                const REQUIRED: &[&str] = &[$(stringify!($required)),*];
                const SIGNATURE: Signature<{ NAMES.len() }> = Signature {
                    origin: Origin::$origin,
                    method: $method,
                    names: [$(stringify!($required),)* $(stringify!($optional),)*],
                    required: REQUIRED.len(),
                };
                #[allow(unused_mut, unused_variables, reason = "a method may have no parameters")]
                let mut bound = SIGNATURE.bind(args, vm)?.into_iter().map(Option::into_iter);
                Ok(Self {
                    $($required: bound
                        .next()
                        .and_then(|mut value| value.next())
                        .ok_or(ArgumentError::TooFewArgs)?,)*
                    $($optional: bound.next().and_then(|mut value| value.next()),)*
                })
            }
        }
    };
}

mod declared {
    use super::{Origin, Signature};
    use rustpython_vm::{
        PyObjectRef, VirtualMachine,
        function::{ArgumentError, DefaultRepr, FromArgs, FuncArgs, Param, ParamKind},
    };

    arguments!(InitArgs, Python, "Queue.__init__", [], [maxsize = "0"]);
    arguments!(
        PutArgs,
        Python,
        "Queue.put",
        [item],
        [block = "True", timeout = "None"]
    );
    arguments!(
        GetArgs,
        Python,
        "Queue.get",
        [],
        [block = "True", timeout = "None"]
    );
    arguments!(PutNowaitArgs, Python, "Queue.put_nowait", [item], []);
    arguments!(GetNowaitArgs, Python, "Queue.get_nowait", [], []);
    arguments!(TaskDoneArgs, Python, "Queue.task_done", [], []);
    arguments!(JoinArgs, Python, "Queue.join", [], []);
    arguments!(QsizeArgs, Python, "Queue.qsize", [], []);
    arguments!(EmptyArgs, Python, "Queue.empty", [], []);
    arguments!(FullArgs, Python, "Queue.full", [], []);
    arguments!(
        ShutdownArgs,
        Python,
        "Queue.shutdown",
        [],
        [immediate = "False"]
    );
    arguments!(
        SimplePutArgs,
        C,
        "put",
        [item],
        [block = "True", timeout = "None"]
    );
    arguments!(
        SimpleGetArgs,
        C,
        "get",
        [],
        [block = "True", timeout = "None"]
    );
    arguments!(SimplePutNowaitArgs, C, "put_nowait", [item], []);
    arguments!(SimpleGetNowaitArgs, C, "get_nowait", [], []);
    arguments!(SimpleEmptyArgs, C, "SimpleQueue.empty", [], []);
    arguments!(SimpleQsizeArgs, C, "SimpleQueue.qsize", [], []);
}

pub(super) use declared::*;
