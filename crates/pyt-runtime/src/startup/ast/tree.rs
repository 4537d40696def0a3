//! Removes from the classes of `ast` the objects that programs could change.
//!
//! All interpreters of the process share these classes. Upstream stores two kinds of mutable
//! objects on them: `_instance`, the single node of each operator and context, and `_field_types`,
//! a `dict` of the types of fields, by which `AST.__init__` fills in those that were left out.
//! Without the first, upstream creates a node each time. The second becomes a read-only mapping,
//! which upstream does not read, so `__init__` and `__replace__` of this file fill in those fields.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyModule, PyStr, PyTuple, PyType},
    function::{FuncArgs, ItemDoc, KwArgs, PyMethodFlags},
};

type Init = fn(&PyObject, FuncArgs, &VirtualMachine) -> PyResult<()>;

/// The original methods of upstream's classes, and the classes of defaults.
struct OriginalMethods {
    init: Init,
    replace: PyObjectRef,
    expr_context: PyObjectRef,
    load: PyObjectRef,
}

static UPSTREAM: OnceLock<OriginalMethods> = OnceLock::new();

fn upstream(vm: &VirtualMachine) -> PyResult<&'static OriginalMethods> {
    UPSTREAM
        .get()
        .ok_or_else(|| vm.new_system_error("the classes of ast have not been created"))
}

/// Changes the classes of the first module of the process.
pub(super) fn seal(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
    let missing = || vm.new_system_error("the interpreter lacks a part of ast");
    let base = module.get_attr("AST", vm)?;
    let base = base.downcast_ref::<PyType>().ok_or_else(missing)?;
    let name = vm.ctx.intern_str("__replace__");
    let before = OriginalMethods {
        init: base.slots().init.load().ok_or_else(missing)?,
        replace: base.get_direct_attr(name).ok_or_else(missing)?,
        expr_context: module.get_attr("expr_context", vm)?,
        load: module.get_attr("Load", vm)?,
    };
    if UPSTREAM.set(before).is_err() {
        return Ok(());
    }
    // SAFETY: the class is one of the interpreter's own, which live as long as the process.
    let base: &'static Py<PyType> = unsafe { &*std::ptr::from_ref(base) };
    let method = |node: PyObjectRef, args: FuncArgs, vm: &VirtualMachine| init(&node, args, vm);
    let method = vm
        .ctx
        .new_method_def("__init__", method, PyMethodFlags::METHOD, ItemDoc::NONE)
        .build_method(base, vm);
    shared_classes::set_attribute(base, vm.ctx.intern_str("__init__"), method.into());
    let method = vm
        .ctx
        .new_method_def("__replace__", replace, PyMethodFlags::METHOD, ItemDoc::NONE)
        .build_method(base, vm);
    let proxy = vm.ctx.types.mappingproxy_type.as_object();
    for (_, value) in &module.dict() {
        let Some(class) = value.downcast_ref::<PyType>() else {
            continue;
        };
        class.slots().init.store(Some(init));
        if class.get_direct_attr(name).is_some() {
            shared_classes::set_attribute(class, name, method.clone().into());
        }
        shared_classes::remove_attributes(class, &[vm.ctx.intern_str("_instance")]);
        for name in ["_field_types", "__annotations__"] {
            let name = vm.ctx.intern_str(name);
            if let Some(types) = class.get_direct_attr(name)
                && types.class().is(vm.ctx.types.dict_type)
            {
                shared_classes::set_attribute(class, name, proxy.call((types,), vm)?);
            }
        }
    }
    Ok(())
}

/// Calls `each` with the name and type of each field that has a type and that the node has no value
/// for.
fn for_missing_fields(
    node: &PyObject,
    vm: &VirtualMachine,
    mut each: impl FnMut(&Py<PyStr>, PyObjectRef) -> PyResult<()>,
) -> PyResult<()> {
    let class = node.class();
    let types = class.get_attr(vm.ctx.intern_str("_field_types"));
    // Classes of Python code may have a `dict` of their own, which upstream has processed.
    let Some(types) = types.filter(|types| types.class().is(vm.ctx.types.mappingproxy_type)) else {
        return Ok(());
    };
    let fields = class.as_object().get_attr("_fields", vm)?;
    let Some(fields) = fields.downcast_ref::<PyTuple>() else {
        return Ok(());
    };
    for field in fields {
        let Some(name) = field.downcast_ref::<PyStr>() else {
            continue;
        };
        let has = node.dict().is_some_and(|dict| dict.contains_key(name, vm));
        if !has && let Ok(of) = types.get_item(name, vm) {
            each(name, of)?;
        }
    }
    Ok(())
}

/// `AST.__init__`: lists that were left out are empty, and contexts that were left out are
/// `Load()`.
fn init(node: &PyObject, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
    let upstream = upstream(vm)?;
    (upstream.init)(node, args, vm)?;
    for_missing_fields(node, vm, |name, of| {
        if of.class().is(vm.ctx.types.union_type) {
            // Optional: the class has the default `None`.
            return Ok(());
        }
        if of.class().is(vm.ctx.types.generic_alias_type) {
            return node.set_attr(name, vm.ctx.new_list(Vec::new()), vm);
        }
        if of.is(&upstream.expr_context) {
            return node.set_attr(name, upstream.load.call((), vm)?, vm);
        }
        let class = node.class().name().to_string();
        let message = format!(
            "{class}.__init__ missing 1 required positional argument: {}. \
             This will become an error in Python 3.15.",
            name.as_object().repr(vm)?
        );
        let category = vm.ctx.exceptions.deprecation_warning.to_owned();
        let warn = vm.import("_warnings", 0)?.get_attr("warn", vm)?;
        warn.call((message, category), vm).map(drop)
    })
}

/// `AST.__replace__`: fields that are optional may be missing.
fn replace(node: PyObjectRef, keywords: KwArgs, vm: &VirtualMachine) -> PyResult {
    let mut args = FuncArgs::new(vec![node.clone()], keywords);
    for_missing_fields(&node, vm, |name, of| {
        if of.class().is(vm.ctx.types.union_type) {
            let name = name.to_string_lossy().into_owned();
            args.kwargs
                .entry(name.into())
                .or_insert_with(|| vm.ctx.none());
        }
        Ok(())
    })?;
    upstream(vm)?.replace.call(args, vm)
}
