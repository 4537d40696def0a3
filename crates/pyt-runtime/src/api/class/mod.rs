//! Python classes made of Rust types.
//!
//! A [`ClassBuilder`] is a definition. It belongs to no runtime; each one gets a class of its own.

mod handle;
mod method;
mod object;
mod state;

use std::{fmt, marker::PhantomData, sync::Arc};

use rustpython_vm::{AsObject, PyObjectRef, PyResult};

pub use self::{
    handle::{Class, Instance},
    method::{HostConstructor, HostMethod, HostMethodMut, IntoState},
};
use crate::{
    Error, FromPython, Function, HostFunction, IntoPython, Python, Value,
    api::{function::Binding, host_code::drop_catching},
};

/// Creates an object, for each runtime another one.
pub(crate) type Maker = Arc<dyn Fn(Python<'_>) -> PyResult + Send + Sync>;

/// A Python class whose instances each hold a `T`, with methods in Rust.
///
/// Classes written in Python may derive from it. Methods may have any name, so special methods such
/// as `__len__`, `__add__`, `__getitem__` and `__enter__` implement operators.
///
/// Several threads may call `&T` methods at once; a call of a `&mut T` method waits until no other
/// thread is in a method of that instance, while other threads run Python. A method that calls
/// back, by way of Python, into a method that needs the same `T` in conflict, such as a `&mut T`
/// method within another, raises `RuntimeError`: `Already borrowed`.
///
/// ```
/// use pyt_runtime::{ClassBuilder, Runtime, Value};
///
/// struct Account {
///     balance: i64,
/// }
///
/// let account = ClassBuilder::<Account>::new("Account")
///     .init(|balance: Option<i64>| Account { balance: balance.unwrap_or(0) })
///     .method_mut("pay_in", |account: &mut Account, amount: i64| account.balance += amount)
///     .property("balance", |account: &Account| account.balance);
///
/// let runtime = Runtime::builder().build()?;
/// runtime.set("Account", account)?;
/// runtime.exec("account = Account(10)\naccount.pay_in(32)")?;
/// assert_eq!(runtime.eval::<i64>("account.balance")?, 42);
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
pub struct ClassBuilder<T> {
    name: String,
    module: Option<String>,
    doc: Option<String>,
    members: Vec<(String, Maker)>,
    state: PhantomData<fn() -> T>,
}

impl<T> Clone for ClassBuilder<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            module: self.module.clone(),
            doc: self.doc.clone(),
            members: self.members.clone(),
            state: PhantomData,
        }
    }
}

impl<T> fmt::Debug for ClassBuilder<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClassBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl<T: Send + Sync + 'static> ClassBuilder<T> {
    /// A class of this name.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            module: None,
            doc: None,
            members: Vec::new(),
            state: PhantomData,
        }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its docstring.
    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = Some(doc.to_owned());
        self
    }

    /// Its `__module__`: by default the module that it is added to, or `__main__`.
    #[must_use]
    pub fn module(mut self, module: &str) -> Self {
        self.module = Some(module.to_owned());
        self
    }

    pub(crate) fn or_module(mut self, module: &str) -> Self {
        self.module.get_or_insert_with(|| module.to_owned());
        self
    }

    fn member(
        mut self,
        name: &str,
        make: impl Fn(Python<'_>) -> PyResult + Send + Sync + 'static,
    ) -> Self {
        self.members.push((name.to_owned(), Arc::new(make)));
        self
    }

    fn bound(self, function: Function) -> Self {
        let name = function.name().to_owned();
        self.member(&name, move |py| Ok(function.to_object(Binding::Method, py)))
    }

    /// `__init__`: makes the `T` of a new instance out of the arguments. Without it instances that
    /// Python code creates have no `T`, and their methods raise `RuntimeError`; the host can create
    /// instances by [`Class::instance`].
    #[must_use]
    pub fn init<Marker>(self, constructor: impl HostConstructor<T, Marker>) -> Self {
        let function = method::function(
            "__init__",
            move |state: &state::InstanceState<T>, py, incoming| {
                let new = constructor.construct_from_python(py, incoming)?;
                let old = state.replace(py, new)?;
                drop_catching(old);
                Ok(py.vm().ctx.none())
            },
        );
        self.bound(function)
    }

    /// A method that reads the `T`.
    #[must_use]
    pub fn method<Marker>(self, name: &str, method: impl HostMethod<T, Marker>) -> Self {
        self.bound(method::function(name, move |state, py, incoming| {
            method.call_from_python(state, py, incoming)
        }))
    }

    /// A method that changes the `T`.
    #[must_use]
    pub fn method_mut<Marker>(self, name: &str, method: impl HostMethodMut<T, Marker>) -> Self {
        self.bound(method::function(name, move |state, py, incoming| {
            method.call_from_python(state, py, incoming)
        }))
    }

    /// A method that gets the instance itself as its first argument, as an
    /// [`Instance<T>`](Instance) or a [`Value`]. The `T` is not borrowed meanwhile.
    ///
    /// ```
    /// # use pyt_runtime::{ClassBuilder, Error, Instance, Runtime, Value};
    /// struct Countdown(u32);
    ///
    /// let countdown = ClassBuilder::<Countdown>::new("Countdown")
    ///     .init(|from: u32| Countdown(from))
    ///     .method_on_self("__iter__", |this: Value| this)
    ///     .method_mut("__next__", |countdown: &mut Countdown| {
    ///         countdown.0 = countdown.0.checked_sub(1).ok_or_else(Error::stop_iteration)?;
    ///         Ok::<_, Error>(countdown.0)
    ///     });
    /// # let runtime = Runtime::builder().build()?;
    /// runtime.set("Countdown", countdown)?;
    /// assert_eq!(runtime.eval::<Vec<u32>>("list(Countdown(3))")?, [2, 1, 0]);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn method_on_self<Marker>(self, name: &str, method: impl HostFunction<Marker>) -> Self {
        self.bound(Function::new(name, method))
    }

    /// A static method.
    #[must_use]
    pub fn static_method<Marker>(self, name: &str, function: impl HostFunction<Marker>) -> Self {
        let function = Function::new(name, function);
        self.member(name, move |py| {
            let vm = py.vm();
            let function = function.to_object(Binding::Plain, py);
            vm.builtins
                .get_attr("staticmethod", vm)?
                .call((function,), vm)
        })
    }

    /// A read-only property.
    #[must_use]
    pub fn property<Marker>(self, name: &str, getter: impl HostMethod<T, Marker>) -> Self {
        let getter = method::function(name, move |state, py, incoming| {
            getter.call_from_python(state, py, incoming)
        });
        self.member(name, move |py| {
            let getter = getter.to_object(Binding::Plain, py);
            property(vec![getter], py)
        })
    }

    /// A property that can be read and set.
    #[must_use]
    pub fn property_mut<Get, Set>(
        self,
        name: &str,
        getter: impl HostMethod<T, Get>,
        setter: impl HostMethodMut<T, Set>,
    ) -> Self {
        let getter = method::function(name, move |state, py, incoming| {
            getter.call_from_python(state, py, incoming)
        });
        let setter = method::function(name, move |state, py, incoming| {
            setter.call_from_python(state, py, incoming)
        });
        self.member(name, move |py| {
            let getter = getter.to_object(Binding::Plain, py);
            let setter = setter.to_object(Binding::Plain, py);
            property(vec![getter, setter], py)
        })
    }

    /// An attribute of the class.
    #[must_use]
    pub fn value(self, name: &str, value: impl IntoPython + Clone + Send + Sync + 'static) -> Self {
        self.member(name, move |py| value.clone().into_object(py))
    }

    /// Creates the class in one runtime: a new one with each call.
    ///
    /// # Errors
    /// If a member cannot be converted to an object.
    pub fn build(&self, py: Python<'_>) -> Result<Class<T>, Error> {
        let class = py.attempt(|py| self.create(py))?;
        Class::from_python(Value::from_object(py, class), py)
    }

    fn create(&self, py: Python<'_>) -> PyResult {
        let vm = py.vm();
        let names = vm.ctx.new_dict();
        let text = |text: &str| PyObjectRef::from(vm.ctx.new_str(text));
        let module = self.module.as_deref().unwrap_or("__main__");
        names.set_item("__module__", text(module), vm)?;
        if let Some(doc) = &self.doc {
            names.set_item("__doc__", text(doc), vm)?;
        }
        // An instance holds the `T` and has no `__dict__`.
        names.set_item("__slots__", vm.ctx.new_tuple(Vec::new()).into(), vm)?;
        names.set_item(object::MARK, object::mark::<T>(vm), vm)?;
        for (name, make) in &self.members {
            names.set_item(name.as_str(), make(py)?, vm)?;
        }
        let bases = vm.ctx.new_tuple(vec![object::base().into()]);
        let class = vm.ctx.types.type_type.as_object();
        class.call((text(&self.name), bases, names), vm)
    }
}

fn property(functions: Vec<PyObjectRef>, py: Python<'_>) -> PyResult {
    let vm = py.vm();
    let property = vm.ctx.types.property_type.as_object();
    property.call(functions, vm)
}

impl<T: Send + Sync + 'static> IntoPython for ClassBuilder<T> {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.build(py).map(|class| class.as_value().clone())
    }
}
