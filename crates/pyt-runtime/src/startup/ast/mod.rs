//! `_ast`, filled when a program imports it or has text compiled to a tree.
//!
//! Upstream imports it at the start of every interpreter. Creating its hundred classes takes a
//! tenth of that start, and few programs use syntax trees.

mod tree;

use std::sync::OnceLock;

use parking_lot::Mutex;
use pyt_modules::upstream::{self, derived::refilled};
use pyt_vm::{process_lock::lock_detached, shared_classes};
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyStr, PyType},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

const NAME: &str = "_ast";

/// The flags of `compile` that ask for a tree (`ast.PyCF_ONLY_AST`, in all its forms).
const ONLY_AST: u32 = 0x400;

/// `compile` as `inspect.signature` sees it.
const SIGNATURE: &str = "compile($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)\n--\n\n";

/// Upstream's module, changed so that it is not imported while an interpreter starts.
pub(crate) fn module_def() -> Option<&'static PyModuleDef> {
    static DEF: OnceLock<Option<PyModuleDef>> = OnceLock::new();
    let def = DEF.get_or_init(|| {
        let original = upstream::definitions().get(NAME)?;
        Some(refilled(original, exec))
    });
    def.as_ref()
}

/// The contents of the first module of the process. All interpreters share the classes, so the
/// modules of later interpreters get the same contents.
static CONTENTS: Mutex<Vec<(PyObjectRef, PyObjectRef)>> = Mutex::new(Vec::new());

fn exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    if !vm.initialized {
        let modules = vm.sys_module.get_attr("modules", vm)?;
        return modules.del_item(NAME, vm);
    }
    let mut contents = lock_detached(&CONTENTS, vm);
    if contents.is_empty() {
        let Some(exec) = upstream::definitions()
            .get(NAME)
            .and_then(|def| def.slots.exec)
        else {
            return Ok(());
        };
        exec(vm, module)?;
        add_dims(vm, module)?;
        tree::seal(vm, module)?;
        let filled = module.dict().into_iter().filter(|(name, _)| {
            let name = name.downcast_ref::<PyStr>().and_then(|name| name.to_str());
            name.is_some_and(|name| !name.starts_with("__"))
        });
        contents.extend(filled);
        return Ok(());
    }
    let dict = module.dict();
    contents
        .iter()
        .try_for_each(|(name, value)| dict.set_item(&**name, value.clone(), vm))
}

/// Adds `ast.Tuple.dims`, a deprecated name of `elts`. Otherwise the first import of `ast` in the
/// process would add a property of its own to the class, which all interpreters share: through its
/// functions isolated programs would reach another interpreter.
fn add_dims(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let tuple = module.get_attr("Tuple", vm)?;
    let name = vm.ctx.intern_str("dims");
    if let Some(class) = tuple.downcast_ref::<PyType>()
        && class.get_attr(name).is_none()
    {
        let dims = vm.ctx.new_getset(
            "dims",
            class,
            |tuple: PyObjectRef, vm: &VirtualMachine| tuple.get_attr("elts", vm),
            |tuple: PyObjectRef, value: PyObjectRef, vm: &VirtualMachine| {
                tuple.set_attr("elts", value, vm)
            },
        );
        shared_classes::set_attribute(class, name, dims.into());
    }
    Ok(())
}

static COMPILE: PyMethodDef = PyMethodDef::new_const(
    "compile",
    compile,
    PyMethodFlags::empty(),
    ItemDoc::static_text(SIGNATURE),
);

/// Installs a `compile` in `builtins` that imports `_ast` when it needs it.
pub(crate) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    let function = COMPILE
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(builtins.to_owned())
        .into_ref(&vm.ctx);
    builtins.set_attr("compile", function, vm)
}

/// `compile`, which imports `_ast` if the flags ask for a syntax tree.
pub(crate) fn compile(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let flags = args.args.get(3).or_else(|| args.kwargs.get("flags"));
    let flags = flags.and_then(|flags| flags.try_to_value::<u32>(vm).ok());
    if flags.is_some_and(|flags| flags & ONLY_AST != 0) {
        vm.import(NAME, 0)?;
    }
    upstream::call("builtins", "compile", args, vm)
}
