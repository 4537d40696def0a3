//! `_ast`, filled when a program imports it or has text compiled to a tree.
//!
//! Upstream imports it at the start of every interpreter. Its hundred classes take a tenth of that
//! start, and few programs look at trees.

use std::sync::OnceLock;

use rustpython_vm::{
    AsObject, Py, PyResult, VirtualMachine,
    builtins::{PyModule, PyModuleDef, PyModuleSlots},
    function::{FuncArgs, ItemDoc, PyMethodDef, PyMethodFlags},
};

use crate::module::{definitions, upstreams};

const NAME: &str = "_ast";

/// The flags of `compile` that ask for a tree (`ast.PyCF_ONLY_AST`, in all its forms).
const ONLY_AST: u32 = 0x400;

/// `compile` as `inspect.signature` sees it.
const SIGNATURE: &str = "compile($module, /, source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)\n--\n\n";

/// Upstream's module, which stays away while an interpreter is being made.
pub(crate) fn module_def() -> Option<&'static PyModuleDef> {
    static DEF: OnceLock<Option<PyModuleDef>> = OnceLock::new();
    let def = DEF.get_or_init(|| {
        let original = definitions().get(NAME)?;
        Some(PyModuleDef {
            name: original.name,
            doc: original.doc,
            methods: original.methods,
            slots: PyModuleSlots {
                create: original.slots.create,
                exec: Some(exec),
            },
        })
    });
    def.as_ref()
}

fn exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    if !vm.initialized {
        let modules = vm.sys_module.get_attr("modules", vm)?;
        return modules.del_item(NAME, vm);
    }
    match definitions().get(NAME).and_then(|def| def.slots.exec) {
        Some(exec) => exec(vm, module),
        None => Ok(()),
    }
}

static COMPILE: PyMethodDef = PyMethodDef::new_const(
    "compile",
    compile,
    PyMethodFlags::empty(),
    ItemDoc::static_text(SIGNATURE),
);

/// Puts a `compile` into `builtins` that finds the classes it needs.
pub(crate) fn install(vm: &VirtualMachine) -> PyResult<()> {
    let builtins = vm.builtins.as_object();
    let function = COMPILE
        .to_function()
        .with_module(vm.ctx.intern_str("builtins"))
        .with_module_object(builtins.to_owned())
        .into_ref(&vm.ctx);
    builtins.set_attr("compile", function, vm)
}

/// `compile`, after which the classes of a tree that it was asked for are there.
pub(crate) fn compile(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    let flags = args.args.get(3).or_else(|| args.kwargs.get("flags"));
    let flags = flags.and_then(|flags| flags.try_to_value::<u32>(vm).ok());
    if flags.is_some_and(|flags| flags & ONLY_AST != 0) {
        vm.import(NAME, 0)?;
    }
    upstreams("builtins", "compile", args, vm)
}
