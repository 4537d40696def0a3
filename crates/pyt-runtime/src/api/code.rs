//! Running source text, at once or compiled; getting and setting names of `__main__`.

use rustpython_vm::{
    AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyDictRef},
    scope::Scope,
};

use crate::{
    Error, FromPython, IntoPython, Python, Runtime, Value,
    api::{
        main_module::{main_dict, main_scope, scope_of},
        value::name,
    },
    startup::source::{self, StartSymbol},
};

/// Compiled source, which can be run any number of times.
///
/// ```
/// use pyt_runtime::Runtime;
///
/// let runtime = Runtime::builder().build()?;
/// let area = runtime.compile("width * height")?;
/// for (width, height) in [(2, 3), (4, 5)] {
///     runtime.set("width", width)?;
///     runtime.set("height", height)?;
///     assert_eq!(area.eval::<i64>()?, width * height);
/// }
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Code {
    code: Value,
}

/// What source is compiled as: the modes of Python's `compile`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompileMode {
    /// Statements, as a file has them.
    Exec,
    /// One expression, whose value the code has.
    Eval,
    /// One interactive statement: the value of an expression is given to `sys.displayhook`.
    Single,
}

impl CompileMode {
    const fn start(self) -> StartSymbol {
        match self {
            Self::Exec => StartSymbol::File,
            Self::Eval => StartSymbol::Eval,
            Self::Single => StartSymbol::Single,
        }
    }
}

impl Code {
    /// Runs it in the namespace of `__main__`. Blocks until it has ended.
    ///
    /// # Errors
    /// What it raises, `SystemExit` included.
    pub fn run(&self) -> Result<(), Error> {
        self.eval()
    }

    /// Runs it in the namespace of `__main__` and returns its value: `None` unless it is an
    /// expression.
    ///
    /// # Errors
    /// What it raises, `SystemExit` included, and what the conversion raises.
    pub fn eval<T: FromPython>(&self) -> Result<T, Error> {
        self.code.inside(|code, py| {
            let scope = main_scope(py.vm())?;
            T::from_object(run(code.to_owned(), scope, py.vm())?, py)
        })
    }

    /// As [`eval`](Self::eval), with `globals`, a `dict`, as namespace. Names that the code defines
    /// are in it afterwards.
    ///
    /// ```
    /// # use pyt_runtime::{Runtime, Value};
    /// # let runtime = Runtime::builder().build()?;
    /// let names: Value = runtime.eval("{'n': 20}")?;
    /// let code = runtime.compile("n += 1; m = n * 2")?;
    /// code.eval_in::<()>(&names)?;
    /// assert_eq!(names.get_item::<i64>("m")?, 42);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`eval`](Self::eval); `TypeError` if `globals` is no `dict`.
    pub fn eval_in<T: FromPython>(&self, globals: &Value) -> Result<T, Error> {
        self.code.inside(|code, py| {
            let vm = py.vm();
            let globals = globals.into_object(py)?;
            let globals: PyDictRef = globals.downcast().map_err(|other: PyObjectRef| {
                let class = other.class().name().to_string();
                vm.new_type_error(format!("globals must be a dict, not {class}"))
            })?;
            let scope = scope_of(globals, vm)?;
            T::from_object(run(code.to_owned(), scope, vm)?, py)
        })
    }

    /// The code object.
    #[must_use]
    pub const fn as_value(&self) -> &Value {
        &self.code
    }
}

pub(super) fn run(code: PyObjectRef, scope: Scope, vm: &VirtualMachine) -> PyResult {
    let code: PyRef<PyCode> = code
        .downcast()
        .map_err(|_| vm.new_type_error("expected a code object"))?;
    pyt_instrument::instrument(&code, vm)?;
    pyt_tier::prepare(&code, vm);
    vm.run_code_obj(code, scope)
}

/// Compiles `text` in a mode; without one, as an expression if it is one, else as statements.
fn compile(
    vm: &VirtualMachine,
    text: &str,
    filename: &str,
    mode: Option<CompileMode>,
) -> PyResult<PyRef<PyCode>> {
    let is_syntax =
        |raised: &PyBaseExceptionRef| raised.fast_isinstance(vm.ctx.exceptions.syntax_error);
    let start = mode.map_or(StartSymbol::Eval, CompileMode::start);
    let code = match source::compile(vm, text, filename, start) {
        Err(raised) if mode.is_none() && is_syntax(&raised) => {
            source::compile(vm, text, filename, StartSymbol::File)
        }
        code => code,
    }?;
    if filename.starts_with('<') {
        source::remember(vm, &code, text);
    } else {
        source::remember_file(vm, filename, text);
    }
    Ok(code)
}

fn run_text<T: FromPython>(py: Python<'_>, text: &str, start: StartSymbol) -> Result<T, Error> {
    py.attempt(|py| {
        let vm = py.vm();
        let code = source::compile(vm, text, "<string>", start)?;
        source::remember(vm, &code, text);
        pyt_instrument::instrument(&code, vm)?;
        pyt_tier::prepare(&code, vm);
        let value = vm.run_code_obj(code, main_scope(vm)?)?;
        T::from_object(value, py)
    })
}

/// Defines each method on [`Runtime`], which enters, and on [`Python`], which is inside already.
macro_rules! on_both {
    ($(
        $(#[$meta:meta])*
        fn $name:ident $(<$generic:ident: $bound:ident>)? ($($arg:ident: $type:ty),*) -> $result:ty
            = |$py:ident| $body:expr;
    )*) => {
        impl Runtime {
            $(
                $(#[$meta])*
                pub fn $name $(<$generic: $bound>)? (&self, $($arg: $type),*) -> $result {
                    self.try_enter(|py| py.$name($($arg),*))
                }
            )*
        }

        impl Python<'_> {
            $(
                $(#[$meta])*
                pub fn $name $(<$generic: $bound>)? (self, $($arg: $type),*) -> $result {
                    let $py = self;
                    $body
                }
            )*
        }
    };
}

on_both! {
    /// Evaluates an expression in the namespace of `__main__`, and returns its value as a `T`;
    /// [`Value`] takes any object.
    ///
    /// # Errors
    /// What the expression raises; [`Syntax`](crate::ErrorKind::Syntax) if it is none; what the
    /// conversion raises.
    fn eval<T: FromPython>(expression: &str) -> Result<T, Error>
        = |py| run_text(py, expression, StartSymbol::Eval);

    /// Runs statements in the namespace of `__main__`.
    ///
    /// # Errors
    /// What the statements raise, `SystemExit` included.
    fn exec(statements: &str) -> Result<(), Error>
        = |py| run_text(py, statements, StartSymbol::File);

    /// Compiles source: as an expression if it is one, else as statements.
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax).
    fn compile(text: &str) -> Result<Code, Error>
        = |py| py.compile_named(text, "<string>");

    /// As [`compile`](Self::compile), with a file name for tracebacks. The file need not exist.
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax).
    fn compile_named(text: &str, filename: &str) -> Result<Code, Error>
        = |py| py.attempt(|py| {
            let code = compile(py.vm(), text, filename, None)?;
            Ok(Code { code: Value::from_object(py, code) })
        });

    /// As [`compile_named`](Self::compile_named), as what `mode` says and nothing else.
    ///
    /// # Errors
    /// [`Syntax`](crate::ErrorKind::Syntax), also if it is valid in another mode.
    fn compile_as(mode: CompileMode, text: &str, filename: &str) -> Result<Code, Error>
        = |py| py.attempt(|py| {
            let code = compile(py.vm(), text, filename, Some(mode))?;
            Ok(Code { code: Value::from_object(py, code) })
        });

    /// Imports a module by its full name, and returns that module: `import("os.path")` is
    /// `os.path`.
    ///
    /// # Errors
    /// `ModuleNotFoundError`, and what the module raises.
    fn import(module: &str) -> Result<Value, Error>
        = |py| py.attempt(|py| {
            let vm = py.vm();
            vm.import(&*name(vm, module), 0)?;
            let modules = vm.sys_module.get_attr("modules", vm)?;
            Ok(Value::from_object(py, modules.get_item(module, vm)?))
        });

    /// The value of a name of `__main__`, as a `T`.
    ///
    /// # Errors
    /// `NameError` if there is none, and what the conversion raises.
    fn get<T: FromPython>(name: &str) -> Result<T, Error>
        = |py| py.attempt(|py| {
            let vm = py.vm();
            let found = main_dict(vm)?.get_item_opt(name, vm)?.ok_or_else(|| {
                let message = format!("name '{name}' is not defined");
                vm.new_name_error(message, vm.ctx.new_str(name))
            })?;
            T::from_object(found, py)
        });

    /// Gives a name of `__main__` a value.
    ///
    /// # Errors
    /// If the conversion fails.
    fn set<T: IntoPython>(name: &str, value: T) -> Result<(), Error>
        = |py| py.attempt(|py| {
            let value = value.into_object(py)?;
            main_dict(py.vm())?.set_item(name, value, py.vm())
        });

    /// The names of `__main__`: its `dict`.
    ///
    /// # Errors
    /// If the runtime has ended.
    fn globals() -> Result<Value, Error>
        = |py| py.attempt(|py| Ok(Value::from_object(py, main_dict(py.vm())?)));
}
