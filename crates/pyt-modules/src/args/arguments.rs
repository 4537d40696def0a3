//! Arguments of native methods, bound by hand: a call without arguments costs nothing, and the
//! errors are those that CPython gives for the functions that the methods stand for, which are
//! written in Python or in C.
//!
//! Upstream's `FromArgs` builds messages of its own and always walks the whole signature.

use rustpython_vm::{
    PyObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyBaseExceptionRef,
    function::FuncArgs,
};

/// In what the original is written, which shows in its error messages.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Origin {
    Python,
    C,
}

/// The parameters of a function, or those of a method after its instance.
pub(crate) struct Signature<const N: usize> {
    origin: Origin,
    /// As CPython names the function in messages.
    name: &'static str,
    params: [&'static str; N],
    /// How many of the parameters have no default: the first ones.
    required: usize,
    /// How many of them can be given by position: the first ones.
    positional: usize,
}

impl<const N: usize> Signature<N> {
    /// A signature of `origin`, of which the first `required` parameters must be given.
    pub(crate) const fn new(
        origin: Origin,
        name: &'static str,
        params: [&'static str; N],
        required: usize,
    ) -> Self {
        Self {
            origin,
            name,
            params,
            required,
            positional: N,
        }
    }

    /// That of a method written in Python; `name` is its qualified name.
    pub(crate) const fn python(
        name: &'static str,
        params: [&'static str; N],
        required: usize,
    ) -> Self {
        Self::new(Origin::Python, name, params, required)
    }

    /// That of a function written in C.
    pub(crate) const fn builtin(
        name: &'static str,
        params: [&'static str; N],
        required: usize,
    ) -> Self {
        Self::new(Origin::C, name, params, required)
    }

    /// The same, but the last `count` parameters can only be named.
    pub(crate) const fn keyword_only(mut self, count: usize) -> Self {
        self.positional -= count;
        self
    }

    /// The arguments in the order of the parameters.
    ///
    /// # Errors
    /// `TypeError` if they do not fit the signature.
    #[inline]
    pub(crate) fn bind(
        &self,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<[Option<PyObjectRef>; N]> {
        if args.is_empty() && self.required == 0 {
            return Ok([const { None }; N]);
        }
        if args.kwargs.is_empty() && (self.required..=self.positional).contains(&args.args.len()) {
            let mut values = args.args.into_iter();
            return Ok(std::array::from_fn(|_| values.next()));
        }
        self.bind_given(args, vm)
    }

    fn bind_given(
        &self,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult<[Option<PyObjectRef>; N]> {
        let named = args.kwargs.len();
        let given = args.args.len();
        if self.origin == Origin::C && given + named > N {
            return Err(self.too_many(given, named, vm));
        }
        let mut bound = [const { None }; N];
        for (place, value) in bound[..self.positional].iter_mut().zip(args.args) {
            *place = Some(value);
        }
        let mut unknown = None;
        for (name, value) in args.kwargs {
            let known = |param: &&str| name.as_bytes() == param.as_bytes();
            if let Some(place) = self.params.iter().position(known) {
                if bound[place].replace(value).is_some() {
                    return Err(self.twice(place, vm));
                }
                continue;
            }
            let error = vm.new_type_error(format!(
                "{}() got an unexpected keyword argument '{name}'",
                self.name
            ));
            if self.origin == Origin::Python {
                return Err(error);
            }
            // C functions look for what is missing first.
            unknown.get_or_insert(error);
        }
        if given > self.positional {
            return Err(self.too_many(given, named, vm));
        }
        if bound[..self.required].iter().any(Option::is_none) {
            return Err(self.missing(&bound, vm));
        }
        unknown.map_or(Ok(bound), Err)
    }

    #[cold]
    fn twice(&self, place: usize, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let (name, param) = (self.name, self.params[place]);
        vm.new_type_error(match self.origin {
            Origin::Python => format!("{name}() got multiple values for argument '{param}'"),
            Origin::C => format!(
                "argument for {name}() given by name ('{param}') and position ({})",
                place + 1
            ),
        })
    }

    #[cold]
    fn too_many(&self, given: usize, named: usize, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let name = self.name;
        vm.new_type_error(match self.origin {
            // Python counts the instance on both sides.
            Origin::Python => {
                let (least, most, given) = (self.required + 1, self.positional + 1, given + 1);
                let takes = if least < most {
                    format!("from {least} to {most}")
                } else {
                    most.to_string()
                };
                let s = plural(most);
                format!("{name}() takes {takes} positional argument{s} but {given} were given")
            }
            // Without the class in its name: a function that looks at its arguments itself.
            Origin::C if N == 0 && !name.contains('.') => format!("{name}() takes no arguments"),
            Origin::C if N == 0 && named > 0 => format!("{name}() takes no keyword arguments"),
            Origin::C if N == 0 => format!("{name}() takes no arguments ({given} given)"),
            Origin::C => format!(
                "{name}() takes at most {N} argument{} ({} given)",
                plural(N),
                given + named
            ),
        })
    }

    #[cold]
    fn missing(&self, bound: &[Option<PyObjectRef>; N], vm: &VirtualMachine) -> PyBaseExceptionRef {
        let missing: Vec<usize> = (0..self.required)
            .filter(|place| bound[*place].is_none())
            .collect();
        let shown = |place: &usize| format!("'{}'", self.params[*place]);
        vm.new_type_error(match (self.origin, missing.first()) {
            (Origin::C, Some(first)) => format!(
                "{}() missing required argument {} (pos {})",
                self.name,
                shown(first),
                first + 1
            ),
            _ => format!(
                "{}() missing {} required positional argument{}: {}",
                self.name,
                missing.len(),
                plural(missing.len()),
                listed(&missing.iter().map(shown).collect::<Vec<_>>())
            ),
        })
    }
}

const fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
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

/// Declares the type of a method's arguments, for methods that show a text signature: the type's
/// name, the origin, the method's name, the parameters that must be given, and those that may be,
/// with their defaults as a signature shows them.
macro_rules! arguments {
    ($type:ident, $origin:ident, $method:literal, [$($required:ident),*], [$($optional:ident = $default:literal),*]) => {
        #[allow(dead_code, reason = "some arguments are accepted and ignored")]
        pub(crate) struct $type {
            $(pub(super) $required: ::rustpython_vm::PyObjectRef,)*
            $(pub(super) $optional: Option<::rustpython_vm::PyObjectRef>,)*
        }

        impl ::rustpython_vm::function::FromArgs for $type {
            const PARAMS: Option<&'static [::rustpython_vm::function::Param]> = Some(&[
                $(::rustpython_vm::function::Param::positional_or_keyword(stringify!($required)),)*
                $(::rustpython_vm::function::Param {
                    name: stringify!($optional),
                    kind: ::rustpython_vm::function::ParamKind::PositionalOrKeyword,
                    default: Some(::rustpython_vm::function::DefaultRepr::Raw($default)),
                },)*
            ]);

            #[inline]
            fn from_args(
                vm: &::rustpython_vm::VirtualMachine,
                args: &mut ::rustpython_vm::function::FuncArgs,
            ) -> Result<Self, ::rustpython_vm::function::ArgumentError> {
                Ok(<Self as $crate::args::fastcall::Bind>::bind(std::mem::take(args), vm)?)
            }
        }

        impl $crate::args::fastcall::Bind for $type {
            #[inline]
            fn bind(
                args: ::rustpython_vm::function::FuncArgs,
                vm: &::rustpython_vm::VirtualMachine,
            ) -> ::rustpython_vm::PyResult<Self> {
                const NAMES: &[&str] = &[$(stringify!($required),)* $(stringify!($optional),)*];
                const REQUIRED: &[&str] = &[$(stringify!($required)),*];
                const SIGNATURE: $crate::args::arguments::Signature<{ NAMES.len() }> =
                    $crate::args::arguments::Signature::new(
                        $crate::args::arguments::Origin::$origin,
                        $method,
                        [$(stringify!($required),)* $(stringify!($optional),)*],
                        REQUIRED.len(),
                    );
                let [$($required,)* $($optional,)*] = SIGNATURE.bind(args, vm)?;
                Ok(Self {
                    // Bound, or there was an error above.
                    $($required: $required.unwrap_or_else(|| vm.ctx.none()),)*
                    $($optional,)*
                })
            }
        }
   };
}

pub(crate) use arguments;

/// Checks that a method written in Python, called `name`, got nothing but its instance.
#[inline]
pub(crate) fn none(name: &'static str, args: &FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    nothing(Origin::Python, name, args, vm)
}

/// Checks that a method written in C, called `name` (`class.method`), got nothing but its
/// instance.
#[inline]
pub(crate) fn none_builtin(
    name: &'static str,
    args: &FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<()> {
    nothing(Origin::C, name, args, vm)
}

#[inline]
fn nothing(
    origin: Origin,
    name: &'static str,
    args: &FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if args.is_empty() {
        return Ok(());
    }
    let [] = Signature::new(origin, name, [], 0).bind_given(args.clone(), vm)?;
    Ok(())
}

/// From `least` to `N` arguments of a C function called `name` whose parameters have no names.
pub(crate) fn unnamed<const N: usize>(
    name: &'static str,
    least: usize,
    args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult<[Option<PyObjectRef>; N]> {
    if !args.kwargs.is_empty() {
        return Err(vm.new_type_error(format!("{name}() takes no keyword arguments")));
    }
    let given = args.args.len();
    if (least..=N).contains(&given) {
        let mut values = args.args.into_iter();
        return Ok(std::array::from_fn(|_| values.next()));
    }
    let (bound, limit) = match least {
        least if least == N => ("", least),
        least if given < least => ("at least ", least),
        _ => ("at most ", N),
    };
    Err(vm.new_type_error(format!(
        "{name} expected {bound}{limit} argument{}, got {given}",
        plural(limit)
    )))
}

/// The one argument of a C function called `name`, whose parameter has no name.
pub(crate) fn one(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if !args.kwargs.is_empty() {
        return Err(vm.new_type_error(format!("{name}() takes no keyword arguments")));
    }
    <[PyObjectRef; 1]>::try_from(args.args)
        .map(|[argument]| argument)
        .map_err(|given| {
            vm.new_type_error(format!(
                "{name}() takes exactly one argument ({} given)",
                given.len()
            ))
        })
}

/// An argument that is not `None`.
pub(crate) fn given(argument: Option<PyObjectRef>, vm: &VirtualMachine) -> Option<PyObjectRef> {
    argument.filter(|argument| !vm.is_none(argument))
}

/// Checks the arguments of a method `__exit__(self, t, v, tb)`.
#[inline]
pub(crate) fn exit(name: &'static str, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    if args.args.len() == 3 && args.kwargs.is_empty() {
        return Ok(());
    }
    Signature::python(name, ["t", "v", "tb"], 3)
        .bind(args, vm)
        .map(drop)
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

/// The error for an attribute that an object lacks, because `super().__init__()` was forgotten or
/// because it was deleted. As for a class written in Python: without the module.
pub(crate) fn no_attribute(
    object: &PyObject,
    name: &'static str,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let error = vm.new_attribute_error(format!(
        "'{}' object has no attribute '{name}'",
        object.class().name()
    ));
    vm.set_attribute_error_context(&error, object.to_owned(), vm.ctx.new_str(name));
    error
}
