//! What `__del__` raises is reported, whatever the program has done to `sys` and `builtins`.
//!
//! Upstream reports it in the middle of freeing the object, and panics there if `sys` cannot be
//! imported or has no `unraisablehook`; two panics at a time end the process. Here the functions
//! that run finalizers raise nothing: those of native classes are wrapped, and each class of Python
//! code gets a wrapped one when it is created. For a `__del__` that is set later, and for other
//! reports of upstream's, `sys.unraisablehook`, `sys.modules` and `builtins.__import__` are found
//! also after the program has deleted them.
//!
//! And a finalizer is run in the interpreter whose class it is of, or not at all. Upstream runs it
//! in the one that the thread is in.

use std::panic::{self, AssertUnwindSafe};

use parking_lot::Mutex;
use pyt_vm::{InterpreterState, control::shielded, panics, state};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr, PyType, PyTypeRef},
    function::{FuncArgs, PySetterValue},
};

use super::{
    destructors,
    nested::{self, Finalizer},
    slots::{wrap, wrappers},
};
use crate::upstream;

const DEL: &str = "__del__";

wrappers!(
    finalize = |original, object: &PyObject, vm: &VirtualMachine| -> PyResult<()> {
        // An object of another interpreter, which has ended or is not entered. What it does would
        // be done with this one's rights.
        if object
            .class()
            .is_visible_to_interpreter(vm.state.interpreter_id)
        {
            nested::finalize(object, *original, run, vm);
        }
        Ok(())
    }
);

wrappers!(
    new_class = |original, metaclass: PyTypeRef, args: FuncArgs, vm: &VirtualMachine| -> PyResult {
        let class = original(metaclass, args, vm)?;
        if let Some(class) = class.downcast_ref::<PyType>() {
            guard(class);
            destructors::guard_derived(class);
        }
        Ok(class)
    }
);

/// Runs a finalizer, and reports what it raises.
fn run(object: &PyObject, finalizer: Finalizer, vm: &VirtualMachine) {
    // What another thread raises here would be reported, and lost.
    let run = || shielded(|| finalizer(object, vm));
    let result = panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|payload| {
        let said = panics::message_of(&*payload).unwrap_or("no message");
        Err(vm.new_system_error(format!("the interpreter panicked: {said}")))
    });
    if let Err(raised) = result {
        let method = object.class().get_attr(vm.ctx.intern_str(DEL));
        let message = "Exception ignored while calling deallocator";
        report(raised, message, method.as_deref(), vm);
    }
}

/// Wraps the class's finalizer, if it has one.
pub(super) fn guard(class: &PyType) {
    if !destructors::has_none(class) {
        wrap!(class.slots.del, finalize);
    }
}

/// Has classes that are created from now on guarded.
pub(super) fn guard_new_classes(metaclass: &PyType) {
    wrap!(metaclass.slots.new, new_class);
}

wrappers!(
    module_attribute =
        |original, module: &PyObject, name: &Py<PyStr>, vm: &VirtualMachine| -> PyResult {
            if name.as_bytes() == b"modules" && module.is(&vm.sys_module) {
                return modules(vm);
            }
            original(module, name, vm).or_else(|raised| match name.as_bytes() {
                b"unraisablehook" if module.is(&vm.sys_module) => {
                    Ok(vm.new_function("unraisablehook", default_hook).into())
                }
                b"__import__" if module.is(&vm.builtins) => Ok(vm.import_func.clone()),
                _ => Err(raised),
            })
        }
);

wrappers!(
    set_module_attribute = |original,
                            module: &PyObject,
                            name: &Py<PyStr>,
                            value: PySetterValue,
                            vm: &VirtualMachine|
     -> PyResult<()> {
        // Without it upstream looks for it without end.
        if matches!(value, PySetterValue::Delete)
            && name.as_bytes() == b"modules"
            && module.is(&vm.sys_module)
        {
            return Err(vm.new_type_error("sys.modules cannot be deleted"));
        }
        original(module, name, value, vm)
    }
);

/// `sys.modules`. Upstream's lookup of an attribute that is missing looks for a module of that name
/// in `sys.modules`.
fn modules(vm: &VirtualMachine) -> PyResult {
    if let Some(modules) = vm.sys_module.dict().get_item_opt("modules", vm)? {
        return Ok(modules);
    }
    let state = state::of(vm);
    let kept = state.slot::<Modules>().0.lock().clone();
    kept.ok_or_else(|| vm.new_attribute_error("module 'sys' has no attribute 'modules'"))
}

/// `sys.modules` as it was when the interpreter began. Without it an import fails by an import.
#[derive(Default)]
struct Modules(Mutex<Option<PyObjectRef>>);

/// Keeps what lookups find when the program has deleted it.
pub(super) fn keep_modules(vm: &VirtualMachine) {
    let modules = vm.sys_module.get_attr("modules", vm).ok();
    *state::of(vm).slot::<Modules>().0.lock() = modules;
}

/// Gives up what is kept for an interpreter.
pub(super) fn release(state: &InterpreterState) -> Vec<PyObjectRef> {
    let modules = state.slot::<Modules>().0.lock().take();
    modules.into_iter().collect()
}

fn default_hook(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    upstream::call("sys", "unraisablehook", args, vm)
}

/// Has lookups find what upstream cannot do without.
pub(super) fn guard_modules(class: &PyType) {
    wrap!(class.slots.getattro, module_attribute);
    wrap!(class.slots.setattro, set_module_attribute);
}

/// Reports what cannot be raised where it came up, to `sys.unraisablehook` if that can be found, or
/// else to `sys.stderr`. Never fails.
pub fn report(
    raised: PyBaseExceptionRef,
    message: &str,
    object: Option<&PyObject>,
    vm: &VirtualMachine,
) {
    let report = || {
        let description = object.and_then(|object| object.repr(vm).ok());
        let message = match description {
            Some(description) => format!("{message} {description}"),
            None => message.to_owned(),
        };
        let has_hook = || {
            let sys = vm.import("sys", 0).ok()?;
            sys.get_attr("unraisablehook", vm).ok()
        };
        if has_hook().is_some() {
            let object = object.map_or_else(|| vm.ctx.none(), PyObject::to_owned);
            vm.run_unraisable(raised, Some(message), object);
        } else {
            // As CPython without a hook.
            let _ = write(&raised, &message, vm);
        }
    };
    // A hook may fail with an exception whose `repr` fails, too.
    let _ = panic::catch_unwind(AssertUnwindSafe(report));
}

/// Writes what an exception says to `sys.stderr`, if there is one.
fn write(raised: &PyBaseExceptionRef, message: &str, vm: &VirtualMachine) -> PyResult<()> {
    let Some(stderr) = vm.sys_module.dict().get_item_opt("stderr", vm)? else {
        return Ok(());
    };
    if vm.is_none(&stderr) {
        return Ok(());
    }
    let class = raised.class().name().to_string();
    let said = raised.as_object().str(vm);
    let said = said.map_or_else(
        |_| "<exception str() failed>".into(),
        |text| text.to_string(),
    );
    let text = format!("{message}:\n{class}: {said}\n");
    vm.call_method(&stderr, "write", (text,)).map(drop)
}
