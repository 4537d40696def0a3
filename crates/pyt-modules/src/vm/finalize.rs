//! The end of an interpreter in a process that goes on.
//!
//! The steps and their order are those of CPython's `Py_FinalizeEx`. What upstream does instead is
//! meant for a process that ends with its interpreter.

use std::time::{Duration, Instant};

use rustpython_vm::{
    AsObject, PyResult, VirtualMachine,
    builtins::{PyStr, PyType, PyTypeRef},
    vm::{runtime, thread},
};

use crate::vm::interpreters;

/// The exit status of a program whose output could not be written.
const OUTPUT_LOST: u32 = 120;

const THREADING: &str = "threading";

/// Ends `vm`'s interpreter, on an attached thread: joins non-daemon threads, runs `atexit` (whose
/// last function stops the threads that are left), empties the modules. Returns the exit status.
pub(crate) fn run(vm: &VirtualMachine) -> u32 {
    let mut lost = !flush(vm);
    join_threads(vm);
    run_atexit(vm);
    end_subinterpreters(vm);
    // Whoever is in foreign code still finds no way back.
    vm.state.stop_the_world.stop_the_world(&vm.state);
    thread::set_other_threads_shutting_down(&vm.state);
    vm.state.stop_the_world.start_the_world(&vm.state);
    // All shall go, what the interpreter began with as well.
    vm.state.gc.unfreeze();
    vm.state.gc.collect_force(2);
    vm.finalize_modules();
    lost |= !flush(vm);
    let_go(vm);
    if lost { OUTPUT_LOST } else { 0 }
}

/// Lets go of what the interpreter holds beside its modules, which would keep whole modules alive:
/// no other collector knows its objects.
fn let_go(vm: &VirtualMachine) {
    let state = &vm.state;
    let kept = (
        std::mem::take(&mut *state.atexit_funcs.lock()),
        std::mem::take(&mut *state.before_forkers.lock()),
        std::mem::take(&mut *state.after_forkers_child.lock()),
        std::mem::take(&mut *state.after_forkers_parent.lock()),
        state.global_trace_func.lock().take(),
        state.global_profile_func.lock().take(),
        std::mem::take(&mut state.monitoring.lock().callbacks),
        interpreters::of(vm).originals.take(),
    );
    drop(kept);
    let lasting = free_slots(vm);
    // What one pass frees may have kept something else.
    while state.gc.collect_force(2).collected > 0 {}
    for class in lasting {
        forget_subclasses(&class);
    }
}

/// Takes the descriptors of `__slots__` out of this interpreter's classes. Each holds its class, which
/// upstream's collector does not see: a class with slots, and all that it reaches, would stay for ever.
/// Returns the bases of these classes that are not the interpreter's.
fn free_slots(vm: &VirtualMachine) -> Vec<PyTypeRef> {
    let member_descriptor = vm.ctx.types.member_descriptor_type;
    let is_own = |class: &PyType| {
        let extra = class.heaptype_ext.as_ref();
        extra.and_then(|extra| extra.interpreter_id) == Some(vm.state.interpreter_id)
    };
    let mut lasting: Vec<PyTypeRef> = Vec::new();
    for object in vm.state.gc.get_objects(None) {
        let Some(class) = object.downcast_ref::<PyType>() else {
            continue;
        };
        if !is_own(class) {
            continue;
        }
        for base in class.bases.read().iter() {
            if !is_own(base) && !lasting.iter().any(|known| known.is(base)) {
                lasting.push(base.clone());
            }
        }
        for (name, value) in class.attributes.entries() {
            if value.class().is(member_descriptor)
                && let Some(name) = name.downcast_ref::<PyStr>()
            {
                drop(class.attributes.remove(vm.ctx.intern_str(name.as_wtf8())));
            }
        }
    }
    lasting
}

/// Shortens the list of `class`'s subclasses, from which upstream never takes those that are gone.
fn forget_subclasses(class: &PyType) {
    let mut gone = Vec::new();
    // What dies here dies after the list is released, which its own end may ask for.
    let mut alive = Vec::new();
    class.subclasses.write().retain(|subclass| {
        let object = subclass.upgrade();
        let is_alive = object.is_some();
        alive.extend(object);
        if !is_alive {
            gone.push(subclass.clone());
        }
        is_alive
    });
}

/// Writes out the standard streams. False: standard output could not be written.
fn flush(vm: &VirtualMachine) -> bool {
    let mut written = true;
    for name in ["stdout", "stderr"] {
        let Ok(stream) = vm.sys_module.get_attr(name, vm) else {
            continue;
        };
        let closed = || stream.get_attr("closed", vm)?.try_to_bool(vm);
        if vm.is_none(&stream) || closed().unwrap_or(false) {
            continue;
        }
        if let Err(raised) = vm.call_method(&stream, "flush", ())
            && name == "stdout"
        {
            vm.run_unraisable(raised, None, stream);
            written = false;
        }
    }
    written
}

/// The end of an interpreter imports `threading` to have its threads joined. Where nobody imported
/// it before, there are none: then something finds it that is gone once it was asked, so that what
/// `atexit` runs can still import the real one.
pub(crate) fn spare_threading(vm: &VirtualMachine) -> PyResult<()> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    if modules.get_item(THREADING, vm).is_ok() {
        return Ok(());
    }
    let stand_in = vm.new_module(THREADING, vm.ctx.new_dict(), None);
    let shutdown = vm.new_function("_shutdown", |vm: &VirtualMachine| {
        let modules = vm.sys_module.get_attr("modules", vm)?;
        modules.del_item(THREADING, vm)
    });
    stand_in.set_attr("_shutdown", shutdown, vm)?;
    modules.set_item(THREADING, stand_in.into(), vm)
}

fn join_threads(vm: &VirtualMachine) {
    let modules = vm.sys_module.get_attr("modules", vm);
    let Ok(threading) = modules.and_then(|modules| modules.get_item(THREADING, vm)) else {
        return;
    };
    let joined = threading
        .get_attr("_shutdown", vm)
        .and_then(|shutdown| shutdown.call((), vm));
    if let Err(raised) = joined {
        let message = "Exception ignored in threading shutdown".to_owned();
        vm.run_unraisable(raised, Some(message), threading);
    }
}

fn run_atexit(vm: &VirtualMachine) {
    let run = || {
        vm.import("atexit", 0)?
            .get_attr("_run_exitfuncs", vm)?
            .call((), vm)
    };
    if let Err(raised) = run() {
        vm.run_unraisable(raised, None, vm.ctx.none());
    }
}

fn end_subinterpreters(vm: &VirtualMachine) {
    let began = Instant::now();
    let root = vm.state.runtime_root_id;
    // One that ends may make another.
    while let Some(id) = runtime::owned_interpreter_ids_for(root).into_iter().next() {
        if runtime::destroy_owned_interpreter(id).is_none()
            || began.elapsed() > Duration::from_secs(10)
        {
            return;
        }
    }
}
