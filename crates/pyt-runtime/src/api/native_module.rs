//! Python modules made by the host.

use std::{fmt, sync::Arc};

use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyDictRef};

use crate::{
    ClassBuilder, Error, Function, HostFunction, IntoPython, Python, Runtime, Value,
    api::{class::Maker, stub},
};

/// A module of Rust functions, classes and values, for Python to import.
///
/// It can be added to any number of runtimes: each gets its own objects.
///
/// ```
/// use pyt_runtime::{ModuleBuilder, Runtime};
///
/// let host = ModuleBuilder::new("host")
///     .function("greet", |name: String| format!("Hello, {name}!"))
///     .value("VERSION", (1, 0));
///
/// let runtime = Runtime::builder().module(host).build()?;
/// runtime.exec("import host")?;
/// assert_eq!(runtime.eval::<String>("host.greet('Ada')")?, "Hello, Ada!");
/// # runtime.finish();
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone)]
pub struct ModuleBuilder {
    name: String,
    doc: Option<String>,
    members: Vec<ModuleMember>,
}

#[derive(Clone)]
struct ModuleMember {
    name: String,
    make: Maker,
    /// Its lines in a stub.
    stub: Arc<str>,
}

impl fmt::Debug for ModuleBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModuleBuilder")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl ModuleBuilder {
    /// A module of this name. `"a.b"` is the module `b` of the package `a`, which is created if
    /// there is none.
    #[must_use]
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            doc: None,
            members: Vec::new(),
        }
    }

    /// Its docstring.
    #[must_use]
    pub fn doc(mut self, doc: &str) -> Self {
        self.doc = Some(doc.to_owned());
        self
    }

    fn member<V>(mut self, name: &str, stub: &str, value: V) -> Self
    where
        V: IntoPython + Clone + Send + Sync + 'static,
    {
        self.members.push(ModuleMember {
            name: name.to_owned(),
            make: Arc::new(move |py| value.clone().into_object(py)),
            stub: stub.into(),
        });
        self
    }

    /// Adds a function; see [`Function`] for what it can take and return.
    #[must_use]
    pub fn function<Marker>(self, name: &str, function: impl HostFunction<Marker>) -> Self {
        self.add_function(Function::new(name, function))
    }

    /// Adds a function under its own name.
    #[must_use]
    pub fn add_function(self, function: Function) -> Self {
        let name = function.name().to_owned();
        let stub = stub::function(&function, None);
        self.member(&name, &stub, function)
    }

    /// Adds a class under its own name.
    #[must_use]
    pub fn class<T: Send + Sync + 'static>(self, class: ClassBuilder<T>) -> Self {
        let class = class.or_module(&self.name);
        let name = class.name().to_owned();
        let stub = class.stub();
        self.member(&name, &stub, class)
    }

    /// Adds a value.
    #[must_use]
    pub fn value<V>(self, name: &str, value: V) -> Self
    where
        V: IntoPython + Clone + Send + Sync + 'static,
    {
        let stub = format!("{name}: {}\n", V::type_hint());
        self.member(name, &stub, value)
    }

    /// The text of a stub of this module, `NAME.pyi`: editors and type checkers read it where they
    /// find it beside the program, or in a folder of stubs. Annotations are those of the signatures
    /// that were given, and otherwise follow from the types of Rust: `Any` where a type has no
    /// [`IntoPython::type_hint`].
    ///
    /// ```
    /// use pyt_runtime::{Function, ModuleBuilder};
    ///
    /// let scale = |n: f64, by: f64| n * by;
    /// let host = ModuleBuilder::new("host")
    ///     .function("names", || vec![String::from("a")])
    ///     .add_function(Function::new("scale", scale).signature("(n, by=2.0)"))
    ///     .value("VERSION", (1, 0));
    /// assert_eq!(
    ///     host.stub(),
    ///     "def names() -> list[str]: ...\n\n\
    ///      def scale(n: float, by: float = 2.0) -> float: ...\n\n\
    ///      VERSION: tuple[int, int]\n"
    /// );
    /// ```
    #[must_use]
    pub fn stub(&self) -> String {
        let members = self.members.iter().map(|member| member.stub.to_string());
        stub::module(self.doc.as_deref(), &members.collect::<Vec<_>>())
    }

    fn create(&self, py: Python<'_>) -> PyResult {
        let vm = py.vm();
        let dict = vm.ctx.new_dict();
        for member in &self.members {
            dict.set_item(member.name.as_str(), (member.make)(py)?, vm)?;
        }
        let doc = self.doc.as_deref().map(|doc| vm.ctx.new_str(doc));
        let module: PyObjectRef = vm.new_module(&self.name, dict, doc).into();
        let modules: PyDictRef = vm.sys_module.get_attr("modules", vm)?.try_into_value(vm)?;
        register(&self.name, module.clone(), &modules, vm)?;
        Ok(module)
    }
}

/// Puts a module in `sys.modules` and into its package.
fn register(
    name: &str,
    module: PyObjectRef,
    modules: &PyDictRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    if let Some((package, own)) = name.rsplit_once('.') {
        let parent = match modules.get_item_opt(package, vm)? {
            Some(parent) => parent,
            None => {
                let dict = vm.ctx.new_dict();
                dict.set_item("__path__", vm.ctx.new_list(Vec::new()).into(), vm)?;
                let parent: PyObjectRef = vm.new_module(package, dict, None).into();
                register(package, parent.clone(), modules, vm)?;
                parent
            }
        };
        let own = vm.ctx.new_str(own);
        parent.as_object().set_attr(&*own, module.clone(), vm)?;
    }
    modules.set_item(name, module, vm)
}

impl Python<'_> {
    /// Creates the module and puts it in `sys.modules`, in place of any other of its name.
    ///
    /// # Errors
    /// If a member cannot be converted to an object.
    pub fn add_module(self, module: &ModuleBuilder) -> Result<Value, Error> {
        self.attempt(|py| Ok(Value::from_object(py, module.create(py)?)))
    }
}

impl Runtime {
    /// Creates the module and puts it in `sys.modules`, in place of any other of its name.
    ///
    /// # Errors
    /// If a member cannot be converted to an object.
    pub fn add_module(&self, module: &ModuleBuilder) -> Result<Value, Error> {
        self.try_enter(|py| py.add_module(module))
    }
}
