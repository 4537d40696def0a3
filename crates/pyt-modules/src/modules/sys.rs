//! Functions of `sys` that have to do with threads.

use std::{
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use pyt_vm::{shared_classes, state::InterpreterState};
use rustpython_vm::{
    AsObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyTuple},
    function::{ArgIntoFloat, FuncArgs},
    vm::thread::ThreadSlot,
};

use super::audit;
use crate::upstream::wrapped::Wrapped;

/// Functions of upstream's that look at all threads, and would pass over preempted ones.
const LOOK_AT_ALL: [&str; 2] = ["_current_exceptions", "_current_frames"];

/// Sets a function of a thread, and returns the one before.
type SetFunction = fn(&ThreadSlot, PyObjectRef) -> PyObjectRef;

/// Functions that set a function of each thread.
const SET_FOR_ALL: [(&str, SetFunction); 2] = [
    ("_setprofileallthreads", |slot, function| {
        std::mem::replace(&mut *slot.profile_func.lock(), function)
    }),
    ("_settraceallthreads", |slot, function| {
        std::mem::replace(&mut *slot.trace_func.lock(), function)
    }),
];

/// Puts pyt's functions into `vm`'s `sys`.
pub(crate) fn install(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let sys = vm.sys_module.as_object();
    let policy = state.scheduler.policy();
    let exclusive = policy.is_exclusive();
    let enabled = vm.new_function("_is_gil_enabled", move || exclusive);
    sys.set_attr("_is_gil_enabled", enabled, vm)?;
    // As CPython on Linux: what programs read from it is that signals interrupt waits for locks.
    let info = sys.get_attr("thread_info", vm)?;
    let description = vec![
        info.get_attr("name", vm)?,
        vm.ctx.new_str("semaphore").into(),
        threads_version(vm),
    ];
    let ours = info
        .class()
        .as_object()
        .call((vm.ctx.new_tuple(description),), vm)?;
    sys.set_attr("thread_info", ours, vm)?;
    if let Some(interval) = policy.switch_interval() {
        install_switch_interval(interval, vm)?;
    }
    install_flags(vm)?;
    install_version(vm)?;
    audit::install(state, vm)?;
    for name in LOOK_AT_ALL {
        let upstreams = Wrapped::keep(state, sys.get_attr(name, vm)?);
        // Not the world itself: it keeps the interpreter, which keeps this function.
        let world = Arc::downgrade(&state.world);
        let ours = vm.new_function(name, move |args: FuncArgs, vm: &VirtualMachine| match world
            .upgrade()
        {
            Some(world) => {
                let upstreams = upstreams.get(vm)?;
                world.with_all_listed(|| upstreams.call(args, vm))
            }
            None => upstreams.get(vm)?.call(args, vm),
        });
        sys.set_attr(name, ours, vm)?;
    }
    for (name, set) in SET_FOR_ALL {
        let upstreams = Wrapped::keep(state, sys.get_attr(name, vm)?);
        let world = Arc::downgrade(&state.world);
        let ours = vm.new_function(name, move |args: FuncArgs, vm: &VirtualMachine| {
            let function = args.args.first().cloned();
            let result = upstreams.get(vm)?.call(args, vm)?;
            if let (Some(function), Some(world)) = (function, world.upgrade()) {
                // What was set before is given up afterwards, when no lock is held.
                let mut before = Vec::new();
                world.each_frozen(&mut |slot| before.push(set(slot, function.clone())));
            }
            Ok::<_, PyBaseExceptionRef>(result)
        });
        sys.set_attr(name, ours, vm)?;
    }
    Ok(())
}

/// The version of Python whose language and library there are. Upstream calls it an alpha version,
/// which tools that install packages take for one that is older than 3.14, and adds a fourth part
/// to the number, which programs do not expect. The text says, as `sysconfig` does, that this is a
/// free-threaded build.
fn install_version(vm: &VirtualMachine) -> PyResult<()> {
    use rustpython_vm::version::{MAJOR, MAJOR_IMPL, MICRO, MICRO_IMPL, MINOR, MINOR_IMPL};
    let sys = vm.sys_module.as_object();
    let text = sys.get_attr("version", vm)?.str(vm)?;
    let text = text.to_string_lossy();
    let (_, rest) = text.split_once(' ').unwrap_or_default();
    let text = format!("{MAJOR}.{MINOR}.{MICRO} free-threading build {rest}");
    sys.set_attr("version", vm.ctx.new_str(text), vm)?;
    let info = sys.get_attr("version_info", vm)?;
    let final_release = |major: usize, minor: usize, micro: usize| {
        let items = vec![
            vm.ctx.new_int(major).into(),
            vm.ctx.new_int(minor).into(),
            vm.ctx.new_int(micro).into(),
            vm.ctx.new_str("final").into(),
            vm.ctx.new_int(0).into(),
        ];
        let items = PyTuple::new_unchecked(items.into_boxed_slice());
        items.into_ref_with_type(vm, info.class().to_owned())
    };
    // As CPython encodes it; 0xf stands for a final release.
    let number = |major: usize, minor: usize, micro: usize| {
        let number = (major << 24) | (minor << 16) | (micro << 8) | 0xf0;
        vm.ctx.new_int(number)
    };
    let own = sys.get_attr("implementation", vm)?;
    let version = final_release(MAJOR_IMPL, MINOR_IMPL, MICRO_IMPL)?;
    own.set_attr("version", version, vm)?;
    own.set_attr("hexversion", number(MAJOR_IMPL, MINOR_IMPL, MICRO_IMPL), vm)?;
    // In a folder that CPython uses as well, `.pyc` files of the one are none of the other's.
    let tag = format!("rustpython-{MAJOR}{MINOR}");
    own.set_attr("cache_tag", vm.ctx.new_str(tag), vm)?;
    let version = final_release(MAJOR, MINOR, MICRO)?;
    sys.set_attr("hexversion", number(MAJOR, MINOR, MICRO), vm)?;
    sys.set_attr("version_info", version, vm)
}

/// The C library's threads, as `sys.thread_info.version` names them.
#[cfg(target_env = "gnu")]
fn threads_version(vm: &VirtualMachine) -> PyObjectRef {
    unsafe extern "C" {
        safe fn gnu_get_libc_version() -> *const std::ffi::c_char;
    }
    // SAFETY: glibc gives a string of its own that never changes.
    let version = unsafe { std::ffi::CStr::from_ptr(gnu_get_libc_version()) };
    let version = format!("NPTL {}", version.to_string_lossy());
    vm.ctx.new_str(version).into()
}

#[cfg(not(target_env = "gnu"))]
fn threads_version(vm: &VirtualMachine) -> PyObjectRef {
    vm.ctx.none()
}

/// The flags of `sys.flags` that upstream shows as `True` and `False`, as CPython's 1 and 0.
///
/// The class is shared by all interpreters, so it is changed once, and each flag is read from
/// whichever asks. Upstream's are properties, whose functions a program can change by `__init__`.
fn install_flags(vm: &VirtualMachine) -> PyResult<()> {
    static ONCE: Once = Once::new();
    let flags = vm.sys_module.as_object().get_attr("flags", vm)?;
    ONCE.call_once(|| {
        for (name, read) in [
            ("context_aware_warnings", context_aware_warnings as Flag),
            ("thread_inherit_context", thread_inherit_context as Flag),
        ] {
            let get = move |_flags: PyObjectRef, vm: &VirtualMachine| u8::from(read(vm));
            let object = vm.ctx.types.object_type;
            let flag = vm.ctx.new_readonly_getset(name, object, get);
            let name = vm.ctx.intern_str(name);
            shared_classes::set_attribute(flags.class(), name, flag.into());
        }
    });
    Ok(())
}

type Flag = fn(&VirtualMachine) -> bool;

fn context_aware_warnings(vm: &VirtualMachine) -> bool {
    vm.state.config.settings.context_aware_warnings
}

fn thread_inherit_context(vm: &VirtualMachine) -> bool {
    vm.state.config.settings.thread_inherit_context
}

/// `sys.setswitchinterval` and `sys.getswitchinterval` on `interval`, in nanoseconds.
fn install_switch_interval(interval: Arc<AtomicU64>, vm: &VirtualMachine) -> PyResult<()> {
    let sys = vm.sys_module.as_object();
    let read = interval.clone();
    let get = vm.new_function("getswitchinterval", move || {
        Duration::from_nanos(read.load(Ordering::Relaxed)).as_secs_f64()
    });
    let set = vm.new_function(
        "setswitchinterval",
        move |seconds: ArgIntoFloat, vm: &VirtualMachine| -> PyResult<()> {
            let seconds = seconds.into_float();
            if seconds.is_nan() || seconds <= 0.0 {
                return Err(vm.new_value_error("switch interval must be strictly positive"));
            }
            let wanted = Duration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|wanted| u64::try_from(wanted.as_nanos()).ok())
                .unwrap_or(u64::MAX);
            interval.store(wanted, Ordering::Relaxed);
            Ok(())
        },
    );
    sys.set_attr("getswitchinterval", get, vm)?;
    sys.set_attr("setswitchinterval", set, vm)
}
