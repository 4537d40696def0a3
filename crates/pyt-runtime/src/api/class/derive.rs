//! Classes by derive macros: the trait that they implement.

use super::{Class, ClassBuilder};
use crate::{Error, Python, Runtime};

/// A Rust type that is a Python class, by `#[derive(PyClass)]` and, for its methods,
/// `#[py_methods]`. The macros write the calls of a [`ClassBuilder`], and have the names that PyO3
/// has, where it has one.
///
/// ```
/// use pyt_runtime::{Error, ModuleBuilder, PyClass, Runtime, py_methods};
///
/// /// An account with a balance.
/// #[derive(PyClass)]
/// struct Account {
///     /// Who it belongs to.
///     #[py(get, set)]
///     owner: String,
///     balance: i64,
/// }
///
/// #[py_methods]
/// impl Account {
///     #[new]
///     #[py(signature = "(owner, balance=0)")]
///     fn new(owner: String, balance: i64) -> Self {
///         Self { owner, balance }
///     }
///
///     /// Adds to the balance.
///     fn pay_in(&mut self, amount: i64) -> Result<i64, Error> {
///         if amount < 0 {
///             return Err(Error::new("ValueError", "negative"));
///         }
///         self.balance += amount;
///         Ok(self.balance)
///     }
///
///     #[getter]
///     fn balance(&self) -> i64 {
///         self.balance
///     }
///
///     #[staticmethod]
///     fn currency() -> &'static str {
///         "EUR"
///     }
///
///     fn __repr__(&self) -> String {
///         format!("Account({:?}, {})", self.owner, self.balance)
///     }
/// }
///
/// let bank = ModuleBuilder::new("bank").class(Account::class_builder());
/// let runtime = Runtime::builder().module(bank).build()?;
/// runtime.exec("from bank import Account\naccount = Account('Ada')\naccount.pay_in(amount=42)")?;
/// assert_eq!(runtime.eval::<i64>("account.balance")?, 42);
/// assert_eq!(runtime.eval::<String>("repr(account)")?, "Account(\"Ada\", 42)");
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
///
/// # Attributes
///
/// | on | attribute | means |
/// | --- | --- | --- |
/// | the type | `#[pyclass(name = "...", module = "...")]` | another name; another `__module__` |
/// | a field | `#[py(get)]`, `#[py(get, set)]` | a property; its type is `Clone` |
/// | a function | `#[new]` | makes the state of a new instance: `__init__` |
/// | | none, with `&self` or `&mut self` | a method; `__add__` and its like are operators |
/// | | none, with a first parameter `slf` | a method that gets the instance as a value |
/// | | `#[staticmethod]`, `#[classmethod]` | the latter gets the class first |
/// | | `#[getter]`, `#[setter]` | a property; `set_` in front of a setter's name is left out |
/// | | `#[py(name = "...")]` | another name |
/// | | `#[py(signature = "(a, *, b=1)")]` | parameters as in `def`, without `self` |
/// | | `#[py(skip)]` | no method |
///
/// Without a signature, parameters have the names of Rust's, may be passed by position and by
/// keyword, and an `Option` has the default `None`. Documentation comments become docstrings.
pub trait PyClass: Send + Sync + Sized + 'static {
    /// The name of the class.
    const NAME: &'static str;

    /// What the macros found: the class for any runtime, to which more may be added.
    fn class_builder() -> ClassBuilder<Self>;
}

impl Python<'_> {
    /// Creates the class of a Rust type in this runtime: a new one with each call.
    ///
    /// # Errors
    /// If a member cannot be converted to an object, or a signature is wrong.
    pub fn class<T: PyClass>(self) -> Result<Class<T>, Error> {
        T::class_builder().build(self)
    }
}

impl Runtime {
    /// As [`Python::class`].
    ///
    /// # Errors
    /// As there.
    pub fn class<T: PyClass>(&self) -> Result<Class<T>, Error> {
        self.try_enter(|py| T::class_builder().build(py))
    }
}

/// What the macros use, and is for them only.
#[doc(hidden)]
pub mod private {
    use crate::ClassBuilder;

    /// The methods of a type without `#[py_methods]`, which would be preferred: none.
    pub trait WithoutMethods: Sized {
        #[doc(hidden)]
        fn __py_methods(builder: ClassBuilder<Self>) -> ClassBuilder<Self> {
            builder
        }
    }

    impl<T> WithoutMethods for T {}
}
