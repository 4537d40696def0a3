//! Rust functions and closures that Python calls.
//!
//! A [`Function`] is a definition. It belongs to no runtime; each one gets an object of its own
//! ([`object`]). [`incoming`] matches arguments to parameters.

mod incoming;
mod object;
mod parameters;
mod signature;
mod touches;

use std::{fmt, sync::Arc};

use rustpython_vm::PyResult;

pub(crate) use self::{incoming::Incoming, object::Binding, signature::WithPython};
pub use self::{
    incoming::{FromArgument, Keywords, Rest},
    signature::HostFunction,
};
use self::{parameters::Signature, touches::Touches};
use crate::{Error, IntoPython, Python, Value};

pub(crate) type FunctionBody = dyn Fn(Python<'_>, &mut Incoming<'_>) -> PyResult + Send + Sync;

/// A Rust function or closure under a name, for Python to call.
///
/// The closure's parameters are [`FromPython`](crate::FromPython), in the order of the call, and
/// its result is [`IntoPython`]; a first parameter of the type [`Python`] is passed by the runtime.
/// An [`Option`] at the end may be left out of the call. [`Rest`] takes all further arguments,
/// [`Keywords`] all further keyword arguments.
///
/// - `Err` is raised: an [`Error`] as the exception that it is, any other error as
///   [`Error::other`] says.
/// - A panic is caught and raised as `RuntimeError`, with the panic's message.
/// - The closure may be called by several threads at once, and may call back into Python, which may
///   call it again.
///
/// A closure that holds a [`Value`] keeps the object alive, and Python's cyclic garbage collector
/// does not see it.
///
/// ```
/// use pyt_runtime::{Error, Function, Rest, Runtime};
///
/// let runtime = Runtime::builder().build()?;
/// runtime.set("add", Function::new("add", |a: i64, b: i64| a + b))?;
/// assert_eq!(runtime.eval::<i64>("add(2, 3)")?, 5);
///
/// let mean = |Rest(numbers): Rest<f64>| match numbers.len() {
///     0 => Err(Error::new("ValueError", "mean of nothing")),
///     count => Ok(numbers.iter().sum::<f64>() / count as f64),
/// };
/// runtime.set("mean", Function::new("mean", mean))?;
/// assert_eq!(runtime.eval::<f64>("mean(1, 2, 6)")?, 3.0);
/// assert_eq!(runtime.exec("mean()").unwrap_err().type_name(), "ValueError");
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct Function {
    name: Arc<str>,
    doc: Option<Arc<str>>,
    /// What is wrong with it, if it could not be read.
    signature: Arc<Result<Signature, String>>,
    /// The annotations of the closure's parameters and of its result.
    hints: Arc<Hints>,
    /// Whether the closure's first parameter is what the method is called on.
    takes_receiver: bool,
    /// Of the host's state.
    touches: Arc<Touches>,
    body: Arc<FunctionBody>,
}

/// What a closure takes and returns, as Python annotates it.
#[derive(Debug, Default)]
#[doc(hidden)]
pub struct Hints {
    pub(crate) parameters: Vec<String>,
    pub(crate) result: String,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Function {
    /// A function of this name.
    #[must_use]
    pub fn new<Marker>(name: &str, function: impl HostFunction<Marker>) -> Self {
        let hints = function.hints();
        Self::with_body(name, hints, move |py, incoming| {
            function.call_from_python(py, incoming)
        })
    }

    pub(crate) fn with_body(
        name: &str,
        hints: Hints,
        body: impl Fn(Python<'_>, &mut Incoming<'_>) -> PyResult + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            doc: None,
            signature: Arc::new(Ok(Signature::default())),
            hints: Arc::new(hints),
            touches: Arc::default(),
            takes_receiver: false,
            body: Arc::new(body),
        }
    }

    /// Its docstring.
    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = Some(doc.into());
        self
    }

    /// The names of its parameters in order, so that calls may pass them by keyword. Without names
    /// they are passed by position only.
    ///
    /// ```
    /// # use pyt_runtime::{Function, Runtime};
    /// # let runtime = Runtime::builder().build()?;
    /// let scale = |n: f64, by: Option<f64>| n * by.unwrap_or(2.0);
    /// runtime.set("scale", Function::new("scale", scale).parameters(["n", "by"]))?;
    /// assert_eq!(runtime.eval::<(f64, f64)>("scale(4), scale(by=3, n=4)")?, (8.0, 12.0));
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn parameters<S: Into<String>>(mut self, names: impl IntoIterator<Item = S>) -> Self {
        let names = names.into_iter().map(Into::into);
        self.signature = Arc::new(Ok(Signature::of_names(names)));
        self
    }

    /// Its parameters as `def` has them, one for each of the closure's: kinds, defaults, and
    /// annotations, if any. `inspect.signature` and `help` show them. Defaults are evaluated where
    /// the function is given to a runtime, and find the built-in names.
    ///
    /// A signature that is wrong, or has another number of parameters than the closure, is a
    /// `ValueError` where the function is given to a runtime.
    ///
    /// ```
    /// # use pyt_runtime::{Function, Rest, Runtime};
    /// # let runtime = Runtime::builder().build()?;
    /// let join = |Rest(parts): Rest<String>, separator: String| parts.join(&separator);
    /// let join = Function::new("join", join).signature("(*parts, separator=', ')");
    /// runtime.set("join", join)?;
    /// assert_eq!(runtime.eval::<String>("join('a', 'b')")?, "a, b");
    /// assert_eq!(runtime.eval::<String>("join('a', 'b', separator='')")?, "ab");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn signature(mut self, signature: &str) -> Self {
        self.signature = Arc::new(Signature::parse(signature));
        self
    }

    /// The first parameter of the closure is what the method is called on, under this name.
    pub(crate) fn on_receiver(mut self, receiver: &str) -> Self {
        let mut hints = Hints {
            parameters: self.hints.parameters.clone(),
            result: self.hints.result.clone(),
        };
        if let Some(first) = hints.parameters.first_mut() {
            first.clear();
        }
        self.hints = Arc::new(hints);
        self.takes_receiver = true;
        if let Ok(signature) = self.signature.as_ref()
            && signature.is_written
        {
            let signature = signature.clone().with_first(receiver);
            self.signature = Arc::new(Ok(signature));
        }
        self
    }

    /// Its line in a stub, without the body.
    pub(crate) fn stub(&self, receiver: Option<&str>) -> String {
        let count = self.hints.parameters.len();
        let hints = (&self.hints.parameters[..], self.hints.result.as_str());
        let text = match self.signature.as_ref() {
            Ok(known) if known.parameters.len() == count => known.text(receiver, Some(hints)),
            _ => Signature::by_position(count).text(receiver, Some(hints)),
        };
        format!("def {}{text}:", self.name)
    }

    /// Its docstring.
    pub(crate) fn docstring(&self) -> Option<&str> {
        self.doc.as_deref()
    }

    /// Declares that it touches nothing that another call could notice: an
    /// [exploration](crate::explore) of schedules has no step for it. By default a host function is
    /// a step that conflicts with all others of the host's, since it may read and change anything.
    ///
    /// A wrong declaration makes explorations miss failures, and prove what is not so.
    #[must_use]
    pub fn pure(mut self) -> Self {
        self.touches = Arc::new(Touches::Nothing);
        self
    }

    /// Declares that it reads the part of the host's state that has this name, and that it touches
    /// nothing else but what is declared as well. In explorations it conflicts with functions that
    /// change that part, and with those that declare nothing. See [`pure`](Self::pure).
    ///
    /// ```
    /// # use pyt_runtime::Function;
    /// # use std::sync::{Arc, atomic::{AtomicI64, Ordering::SeqCst}};
    /// let account = Arc::new(AtomicI64::new(0));
    /// let (read, written) = (account.clone(), account);
    /// let balance = Function::new("balance", move || read.load(SeqCst)).reads("account");
    /// let store = move |amount: i64| written.store(amount, SeqCst);
    /// let store = Function::new("store", store).writes("account");
    /// let now = Function::new("hypot", f64::hypot).pure();
    /// ```
    #[must_use]
    pub fn reads(mut self, part: &str) -> Self {
        self.touches = Arc::new(Touches::clone(&self.touches).and_reads(part));
        self
    }

    /// As [`reads`](Self::reads), for a part that it changes, and may read.
    #[must_use]
    pub fn writes(mut self, part: &str) -> Self {
        self.touches = Arc::new(Touches::clone(&self.touches).and_writes(part));
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The object for one runtime.
    ///
    /// # Errors
    /// `ValueError` if its signature is wrong; what evaluating a default raises.
    pub(crate) fn to_object(&self, binding: Binding, py: Python<'_>) -> PyResult {
        object::create(self.clone(), binding, py)
    }
}

impl IntoPython for Function {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        let object = self.to_object(Binding::Plain, py);
        object
            .map(|object| Value::from_object(py, object))
            .map_err(|raised| Error::caught(py, &raised))
    }

    fn into_object(self, py: Python<'_>) -> PyResult {
        self.to_object(Binding::Plain, py)
    }

    fn type_hint() -> String {
        "Callable[..., Any]".to_owned()
    }
}
