//! Rust functions and closures that Python calls.
//!
//! A [`Function`] is a definition. It belongs to no runtime; each one gets an object of its own
//! ([`object`]). [`incoming`] matches arguments to parameters.

mod incoming;
mod object;
mod signature;

use std::{fmt, sync::Arc};

use rustpython_vm::PyResult;

pub(crate) use self::{incoming::Incoming, object::Binding, signature::WithPython};
pub use self::{
    incoming::{FromArgument, Keywords, Rest},
    signature::HostFunction,
};
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
    parameters: Arc<[String]>,
    body: Arc<FunctionBody>,
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
        Self::with_body(name, move |py, incoming| {
            function.call_from_python(py, incoming)
        })
    }

    pub(crate) fn with_body(
        name: &str,
        body: impl Fn(Python<'_>, &mut Incoming<'_>) -> PyResult + Send + Sync + 'static,
    ) -> Self {
        Self {
            name: name.into(),
            doc: None,
            parameters: Arc::default(),
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
        self.parameters = names.into_iter().map(Into::into).collect();
        self
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The object for one runtime.
    pub(crate) fn to_object(&self, binding: Binding, py: Python<'_>) -> rustpython_vm::PyObjectRef {
        object::create(self.clone(), binding, py)
    }
}

impl IntoPython for Function {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        Ok(Value::from_object(py, self.to_object(Binding::Plain, py)))
    }

    fn into_object(self, py: Python<'_>) -> PyResult {
        Ok(self.to_object(Binding::Plain, py))
    }
}
