//! Python modules made by the host.

use std::{fmt, sync::Arc};

use rustpython_vm::{AsObject, PyObjectRef, PyResult, VirtualMachine, builtins::PyDictRef};

use crate::{
    ClassBuilder, Error, Function, HostFunction, IntoPython, Python, Runtime, Value,
    api::class::Maker,
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
    members: Vec<(String, Maker)>,
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

    fn member(
        mut self,
        name: &str,
        make: impl Fn(Python<'_>) -> PyResult + Send + Sync + 'static,
    ) -> Self {
        self.members.push((name.to_owned(), Arc::new(make)));
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
        self.value(&name, function)
    }

    /// Adds a class under its own name.
    #[must_use]
    pub fn class<T: Send + Sync + 'static>(self, class: ClassBuilder<T>) -> Self {
        let class = class.or_module(&self.name);
        let name = class.name().to_owned();
        self.value(&name, class)
    }

    /// Adds a value.
    #[must_use]
    pub fn value(self, name: &str, value: impl IntoPython + Clone + Send + Sync + 'static) -> Self {
        self.member(name, move |py| value.clone().into_object(py))
    }

    fn create(&self, py: Python<'_>) -> PyResult {
        let vm = py.vm();
        let dict = vm.ctx.new_dict();
        for (name, make) in &self.members {
            dict.set_item(name.as_str(), make(py)?, vm)?;
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
