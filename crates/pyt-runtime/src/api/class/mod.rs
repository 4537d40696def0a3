//! Python classes made of Rust types.
//!
//! A [`ClassBuilder`] is a definition. It belongs to no runtime; each one gets a class of its own.

pub(crate) mod derive;
mod handle;
mod method;
mod object;
mod state;

use std::{fmt, marker::PhantomData, sync::Arc};

use rustpython_vm::{AsObject, PyObjectRef, PyResult};

pub use self::{
    derive::PyClass,
    handle::{Class, Instance},
    method::{HostConstructor, HostMethod, HostMethodMut, IntoState},
};
use crate::{
    Error, FromPython, Function, HostFunction, IntoPython, Python, Value,
    api::{function::Binding, host_code::drop_catching, stub},
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
    members: Vec<(String, Member)>,
    /// Methods that were described and are not defined.
    undefined: Vec<String>,
    state: PhantomData<fn() -> T>,
}

/// What a class has under a name.
#[derive(Clone)]
enum Member {
    Method(Function),
    /// Its first parameter is the instance.
    MethodOnSelf(Function),
    StaticMethod(Function),
    /// Its first parameter is the class.
    ClassMethod(Function),
    Property {
        getter: Function,
        setter: Option<Function>,
    },
    Value {
        make: Maker,
        hint: String,
    },
}

impl<T> Clone for ClassBuilder<T> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            module: self.module.clone(),
            doc: self.doc.clone(),
            members: self.members.clone(),
            undefined: self.undefined.clone(),
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
            undefined: Vec::new(),
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

    fn member(mut self, name: &str, member: Member) -> Self {
        self.members.push((name.to_owned(), member));
        self
    }

    fn bound(self, function: Function) -> Self {
        let name = function.name().to_owned();
        self.member(&name, Member::Method(function))
    }

    /// Describes a method, or `"__init__"`, that is defined already, to Python: its parameters as
    /// `def` has them, without `self`. See [`Function::signature`].
    ///
    /// ```
    /// # use pyt_runtime::{ClassBuilder, Runtime};
    /// struct Account { balance: i64 }
    ///
    /// let account = ClassBuilder::<Account>::new("Account")
    ///     .init(|balance: i64| Account { balance })
    ///     .signature("__init__", "(balance=0)")
    ///     .method_mut("pay_in", |account: &mut Account, amount: i64, times: i64| {
    ///         account.balance += amount * times;
    ///         account.balance
    ///     })
    ///     .signature("pay_in", "(amount, *, times=1)")
    ///     .method_doc("pay_in", "Adds to the balance.");
    /// # let runtime = Runtime::builder().build()?;
    /// runtime.set("Account", account)?;
    /// assert_eq!(runtime.eval::<i64>("Account().pay_in(amount=2, times=3)")?, 6);
    /// let shown = "__import__('inspect').signature(Account.pay_in)";
    /// assert_eq!(runtime.eval::<String>(&format!("str({shown})"))?, "(self, amount, *, times=1)");
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn signature(self, method: &str, signature: &str) -> Self {
        self.described(method, |function, receiver| {
            let function = function.signature(signature);
            match receiver {
                Some(receiver) => function.on_receiver(receiver),
                None => function,
            }
        })
    }

    /// The docstring of a method, or a property, that is defined already.
    #[must_use]
    pub fn method_doc(self, method: &str, doc: &str) -> Self {
        self.described(method, |function, _| function.doc(doc))
    }

    /// Changes the definition of a method, or `"__init__"`, that is defined already: for
    /// [`Function::pure`], [`reads`](Function::reads) and [`writes`](Function::writes).
    ///
    /// ```
    /// # use pyt_runtime::{ClassBuilder, Function};
    /// # struct Circle(f64);
    /// let circle = ClassBuilder::<Circle>::new("Circle")
    ///     .method("area", |circle: &Circle| circle.0 * circle.0 * 3.14)
    ///     .describe("area", Function::pure);
    /// ```
    #[must_use]
    pub fn describe(self, method: &str, describe: impl Fn(Function) -> Function) -> Self {
        self.described(method, |function, _| describe(function))
    }

    /// `describe` gets the function, and the name of a receiver that is the first parameter of its
    /// closure.
    fn described(
        mut self,
        name: &str,
        describe: impl Fn(Function, Option<&str>) -> Function,
    ) -> Self {
        let Some((_, member)) = self.members.iter_mut().rfind(|(known, _)| known == name) else {
            self.undefined.push(name.to_owned());
            return self;
        };
        match member {
            Member::Method(function) | Member::StaticMethod(function) => {
                *function = describe(function.clone(), None);
            }
            Member::MethodOnSelf(function) => {
                *function = describe(function.clone(), Some("self"));
            }
            Member::ClassMethod(function) => {
                *function = describe(function.clone(), Some("cls"));
            }
            Member::Property { getter, .. } => *getter = describe(getter.clone(), None),
            Member::Value { .. } => self.undefined.push(name.to_owned()),
        }
        self
    }

    /// `__init__`: makes the `T` of a new instance out of the arguments. Without it instances that
    /// Python code creates have no `T`, and their methods raise `RuntimeError`; the host can create
    /// instances by [`Class::instance`].
    #[must_use]
    pub fn init<Marker>(self, constructor: impl HostConstructor<T, Marker>) -> Self {
        let function = method::function(
            "__init__",
            constructor.hints(),
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
        self.bound(method::function(
            name,
            method.hints(),
            move |state, py, incoming| method.call_from_python(state, py, incoming),
        ))
    }

    /// A method that changes the `T`.
    #[must_use]
    pub fn method_mut<Marker>(self, name: &str, method: impl HostMethodMut<T, Marker>) -> Self {
        self.bound(method::function(
            name,
            method.hints(),
            move |state, py, incoming| method.call_from_python(state, py, incoming),
        ))
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
        let method = Function::new(name, method).on_receiver("self");
        self.member(name, Member::MethodOnSelf(method))
    }

    /// A static method.
    #[must_use]
    pub fn static_method<Marker>(self, name: &str, function: impl HostFunction<Marker>) -> Self {
        let function = Function::new(name, function);
        self.member(name, Member::StaticMethod(function))
    }

    /// A class method. Its first argument is the class that it is called on, a subclass perhaps: as
    /// a [`Class<T>`](Class) or a [`Value`].
    ///
    /// ```
    /// # use pyt_runtime::{Class, ClassBuilder, Runtime};
    /// struct Point(f64, f64);
    ///
    /// let point = ClassBuilder::<Point>::new("Point")
    ///     .class_method("origin", |class: Class<Point>| class.instance(Point(0.0, 0.0)))
    ///     .method("sum", |point: &Point| point.0 + point.1);
    /// # let runtime = Runtime::builder().build()?;
    /// runtime.set("Point", point)?;
    /// runtime.exec("class Sub(Point): pass")?;
    /// assert_eq!(runtime.eval::<f64>("Sub.origin().sum()")?, 0.0);
    /// assert!(runtime.eval::<bool>("type(Sub.origin()) is Sub")?);
    /// # runtime.finish();
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn class_method<Marker>(self, name: &str, function: impl HostFunction<Marker>) -> Self {
        let function = Function::new(name, function).on_receiver("cls");
        self.member(name, Member::ClassMethod(function))
    }

    /// A read-only property.
    #[must_use]
    pub fn property<Marker>(self, name: &str, getter: impl HostMethod<T, Marker>) -> Self {
        let hints = getter.hints();
        let getter = method::function(name, hints, move |state, py, incoming| {
            getter.call_from_python(state, py, incoming)
        });
        let setter = None;
        self.member(name, Member::Property { getter, setter })
    }

    /// A property that can be read and set.
    #[must_use]
    pub fn property_mut<Get, Set>(
        self,
        name: &str,
        getter: impl HostMethod<T, Get>,
        setter: impl HostMethodMut<T, Set>,
    ) -> Self {
        let hints = getter.hints();
        let getter = method::function(name, hints, move |state, py, incoming| {
            getter.call_from_python(state, py, incoming)
        });
        let hints = setter.hints();
        let setter = method::function(name, hints, move |state, py, incoming| {
            setter.call_from_python(state, py, incoming)
        });
        let setter = Some(setter);
        self.member(name, Member::Property { getter, setter })
    }

    /// An attribute of the class.
    #[must_use]
    pub fn value<V>(self, name: &str, value: V) -> Self
    where
        V: IntoPython + Clone + Send + Sync + 'static,
    {
        let make: Maker = Arc::new(move |py| value.clone().into_object(py));
        let hint = V::type_hint();
        self.member(name, Member::Value { make, hint })
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
        if let Some(name) = self.undefined.first() {
            let message = format!(
                "the host's class {} has no method {name} to describe",
                self.name
            );
            return Err(vm.new_value_error(message));
        }
        for (name, member) in &self.members {
            names.set_item(name.as_str(), member.create(py)?, vm)?;
        }
        let bases = vm.ctx.new_tuple(vec![object::base().into()]);
        let class = vm.ctx.types.type_type.as_object();
        class.call((text(&self.name), bases, names), vm)
    }
}

impl Member {
    fn create(&self, py: Python<'_>) -> PyResult {
        let vm = py.vm();
        match self {
            Self::Method(function) | Self::MethodOnSelf(function) => {
                function.to_object(Binding::Method, py)
            }
            Self::StaticMethod(function) => {
                let function = function.to_object(Binding::Plain, py)?;
                let wrapper = vm.ctx.types.staticmethod_type.as_object();
                wrapper.call((function,), vm)
            }
            Self::ClassMethod(function) => {
                let function = function.to_object(Binding::Plain, py)?;
                let wrapper = vm.ctx.types.classmethod_type.as_object();
                wrapper.call((function,), vm)
            }
            Self::Property { getter, setter } => {
                let setter = setter.as_ref();
                let setter = setter.map(|setter| setter.to_object(Binding::Plain, py));
                let doc = getter.docstring().map(|doc| vm.ctx.new_str(doc).into());
                let args = vec![
                    getter.to_object(Binding::Plain, py)?,
                    setter.transpose()?.unwrap_or_else(|| vm.ctx.none()),
                    vm.ctx.none(),
                    doc.unwrap_or_else(|| vm.ctx.none()),
                ];
                vm.ctx.types.property_type.as_object().call(args, vm)
            }
            Self::Value { make, .. } => make(py),
        }
    }

    /// Its lines in a stub of the class.
    fn stub(&self, name: &str) -> String {
        match self {
            Self::Method(function) => stub::function(function, Some("self")),
            Self::MethodOnSelf(function) => stub::function(function, None),
            Self::StaticMethod(function) => {
                format!("@staticmethod\n{}", stub::function(function, None))
            }
            Self::ClassMethod(function) => {
                format!("@classmethod\n{}", stub::function(function, None))
            }
            Self::Property { getter, setter } => {
                let mut text = format!("@property\n{}", stub::function(getter, Some("self")));
                if let Some(setter) = setter {
                    let setter = stub::function(setter, Some("self"));
                    text += &format!("@{name}.setter\n{setter}");
                }
                text
            }
            Self::Value { hint, .. } => format!("{name}: {hint}\n"),
        }
    }
}

impl<T: Send + Sync + 'static> ClassBuilder<T> {
    /// Its lines in a stub.
    pub(crate) fn stub(&self) -> String {
        let members = self.members.iter().map(|(name, member)| member.stub(name));
        let members = members.collect::<String>();
        stub::block(
            &format!("class {}:", self.name),
            self.doc.as_deref(),
            &members,
        )
    }
}

impl<T: Send + Sync + 'static> IntoPython for ClassBuilder<T> {
    fn into_python(self, py: Python<'_>) -> Result<Value, Error> {
        self.build(py).map(|class| class.as_value().clone())
    }
}
