//! What must not see patched code: the functions that show, copy, compare or write code objects
//! give its jumps back first, and so do those that have it watched.
//!
//! Functions of modules are wrapped for each interpreter; what they wrap is kept in its
//! [`Tier`](super::tier::Tier), since a native function must not capture it. The class of code
//! objects is the process's, and changed once.

use std::sync::OnceLock;

use pyt_vm::shared_classes;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::PyCode,
    common::hash::PyHash,
    function::{Either, FuncArgs, ItemDoc, PyComparisonValue, PyMethodFlags},
    types::PyComparisonOp,
};

use super::tier;

/// Functions after which code is watched: the tier is off from then on.
const WATCHING: [(Module, &str); 7] = [
    (Module::Sys, "settrace"),
    (Module::Sys, "setprofile"),
    (Module::Sys, "_settraceallthreads"),
    (Module::Sys, "_setprofileallthreads"),
    (Module::Monitoring, "use_tool_id"),
    (Module::Monitoring, "set_events"),
    (Module::Monitoring, "set_local_events"),
];

/// Functions that write code objects.
const WRITING: [(Module, &str); 2] = [(Module::Marshal, "dumps"), (Module::Marshal, "dump")];

#[derive(Clone, Copy)]
enum Module {
    Sys,
    Monitoring,
    Marshal,
}

/// Wraps the functions of the interpreter's modules, and what the class of code objects has. To be
/// called once for each interpreter.
pub(crate) fn install(tier: &tier::Tier, vm: &VirtualMachine) -> PyResult<()> {
    for (module, name) in WATCHING {
        wrap(tier, module, name, true, vm)?;
    }
    for (module, name) in WRITING {
        wrap(tier, module, name, false, vm)?;
    }
    static DONE: OnceLock<()> = OnceLock::new();
    DONE.get_or_init(|| wrap_class(vm));
    Ok(())
}

fn wrap(
    tier: &tier::Tier,
    module: Module,
    name: &'static str,
    watching: bool,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let owner = owner(module, vm)?;
    let Ok(original) = owner.get_attr(name, vm) else {
        return Ok(());
    };
    tier.keep(name, original);
    let call = move |arguments: FuncArgs, vm: &VirtualMachine| -> PyResult {
        let Some(tier) = tier::of(vm) else {
            return Err(vm.new_runtime_error("the interpreter has ended"));
        };
        if watching {
            tier.turn_off("the program watches its code", vm);
            put_back(&tier, vm)?;
        } else {
            let code = (arguments.args.first()).and_then(|value| value.downcast_ref::<PyCode>());
            match code {
                Some(code) => tier.give_back(code, true, "its code was written", vm),
                None => tier.give_back_all("code may have been written", vm),
            }
        }
        match tier.kept(name) {
            Some(original) => original.call(arguments, vm),
            None => Err(vm.new_runtime_error("the interpreter has ended")),
        }
    };
    let wrapper: PyObjectRef = vm.new_function(name, call).into();
    tier.keep_wrapper(name, wrapper.clone());
    owner.set_attr(name, wrapper, vm)
}

fn owner(module: Module, vm: &VirtualMachine) -> PyResult {
    Ok(match module {
        Module::Sys => vm.sys_module.clone().into(),
        Module::Monitoring => vm.sys_module.get_attr("monitoring", vm)?,
        Module::Marshal => vm.import("marshal", 0)?,
    })
}

/// Puts the functions that have code watched in the places of their wrappers, which have nothing
/// to do any more: what watches would see two calls for each.
fn put_back(tier: &tier::Tier, vm: &VirtualMachine) -> PyResult<()> {
    for (module, name) in WATCHING {
        let owner = owner(module, vm)?;
        let (Some(original), Some(wrapper)) = (tier.kept(name), tier.wrapper(name)) else {
            continue;
        };
        let now = vm.get_attribute_opt(&owner, vm.ctx.intern_str(name))?;
        if now.is_some_and(|now| now.is(&wrapper)) {
            owner.set_attr(name, original, vm)?;
        }
    }
    Ok(())
}

// ---------------------------------------------------------------- the class of code objects

type Compare = fn(
    &PyObject,
    &PyObject,
    PyComparisonOp,
    &VirtualMachine,
) -> PyResult<Either<PyObjectRef, PyComparisonValue>>;
type Hash = fn(&PyObject, &VirtualMachine) -> PyResult<PyHash>;

static COMPARE: OnceLock<Compare> = OnceLock::new();
static HASH: OnceLock<Hash> = OnceLock::new();

fn shown(code: &PyObject, vm: &VirtualMachine) {
    if let Some(code) = code.downcast_ref::<PyCode>()
        && let Some(tier) = tier::of(vm)
    {
        tier.give_back(code, false, "its code was looked at", vm);
    }
}

fn compare(
    a: &PyObject,
    b: &PyObject,
    op: PyComparisonOp,
    vm: &VirtualMachine,
) -> PyResult<Either<PyObjectRef, PyComparisonValue>> {
    if !a.is(b) {
        shown(a, vm);
        shown(b, vm);
    }
    match COMPARE.get() {
        Some(compare) => compare(a, b, op, vm),
        None => Ok(Either::B(PyComparisonValue::NotImplemented)),
    }
}

fn hash(code: &PyObject, vm: &VirtualMachine) -> PyResult<PyHash> {
    shown(code, vm);
    match HASH.get() {
        Some(hash) => hash(code, vm),
        None => Err(vm.new_type_error("unhashable type: 'code'")),
    }
}

fn wrap_class(vm: &VirtualMachine) {
    let class = vm.ctx.types.code_type;
    if let Some(before) = class.slots.richcompare.load() {
        COMPARE.get_or_init(|| before);
        class.slots.richcompare.store(Some(compare));
    }
    if let Some(before) = class.slots.hash.load() {
        HASH.get_or_init(|| before);
        class.slots.hash.store(Some(hash));
    }
    let whole = |code: PyObjectRef, vm: &VirtualMachine| -> PyResult {
        shown(&code, vm);
        let code = code_of(&code, vm)?;
        let bytes = code.code.instructions.original_bytes();
        Ok(vm.ctx.new_bytes(bytes).into())
    };
    let adaptive = |code: PyObjectRef, vm: &VirtualMachine| -> PyResult {
        shown(&code, vm);
        let code = code_of(&code, vm)?;
        let units = &code.code.instructions;
        let bytes = (0..units.len())
            .flat_map(|index| {
                let unit = units.read_unit(index);
                [u8::from(unit.op), u8::from(unit.arg)]
            })
            .collect();
        let bytes: Vec<u8> = bytes;
        Ok(vm.ctx.new_bytes(bytes).into())
    };
    let getters = [
        (
            "co_code",
            vm.ctx.new_readonly_getset("co_code", class, whole),
        ),
        (
            "_co_code_adaptive",
            vm.ctx
                .new_readonly_getset("_co_code_adaptive", class, adaptive),
        ),
    ];
    for (name, getter) in getters {
        let name = vm.ctx.intern_str(name);
        if class.get_attr(name).is_some() {
            shared_classes::set_attribute(class, name, getter.into());
        }
    }
    for name in ["replace", "__replace__", "co_branches"] {
        let interned = vm.ctx.intern_str(name);
        let Some(original) = class.get_attr(interned) else {
            continue;
        };
        // A method of the class is the process's, as the class is.
        let method = move |code: PyObjectRef, mut arguments: FuncArgs, vm: &VirtualMachine| {
            shown(&code, vm);
            arguments.prepend_arg(code);
            original.call(arguments, vm)
        };
        let method = vm
            .ctx
            .new_method_def(name, method, PyMethodFlags::METHOD, ItemDoc::NONE)
            .build_method(class, vm);
        shared_classes::set_attribute(class, interned, method.into());
    }
}

fn code_of<'a>(object: &'a PyObject, vm: &VirtualMachine) -> PyResult<&'a Py<PyCode>> {
    object
        .downcast_ref::<PyCode>()
        .ok_or_else(|| vm.new_type_error("expected a code object"))
}
