//! The Python modules, and the functions of `signal` and `sys` that have to do with threads.

use std::sync::Arc;

use pyt_vm::{
    hooks, naming,
    state::{self, InterpreterState},
};
use rustpython_vm::{InterpreterBuilder, builtins::PyModuleDef};

use crate::{
    guards,
    upstream::{corrections, eager, wrapped},
};

#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod audit;
mod constants;
#[cfg(target_os = "linux")]
mod event_loop;
pub(crate) mod futures;
pub(crate) mod import_lock;
#[cfg(target_os = "linux")]
mod locale;
pub(crate) mod operator;
#[cfg(target_os = "linux")]
pub(crate) mod posix;
mod primitives;
pub(crate) mod pyexpat;
pub(crate) mod pyt_module;
pub mod pythonapi;
pub(crate) mod queue;
pub mod runs;
pub mod search_path;
pub(crate) mod signal;
#[cfg(feature = "sqlite")]
pub(crate) mod sqlite;
#[cfg(feature = "ssl")]
pub(crate) mod ssl;
pub(crate) mod sys;
pub(crate) mod sysconfig;
pub(crate) mod thread;
pub(crate) mod threading;
pub(crate) mod time;

/// The methods of pyt's own classes that compiled code may call without the interpreter.
///
/// # Errors
/// What the import of the module raises.
pub fn direct_methods(
    vm: &rustpython_vm::VirtualMachine,
) -> rustpython_vm::PyResult<Vec<crate::args::direct_calls::DirectMethod>> {
    thread::locks::lock::Lock::direct(vm)
}

/// Puts pyt's native modules in the place of upstream's, and makes `state` that of the interpreter
/// that is built. Call it last on the builder.
#[must_use]
pub fn install(builder: InterpreterBuilder, state: &Arc<InterpreterState>) -> InterpreterBuilder {
    register_hooks();
    corrections::correct_classes(&builder.ctx);
    let defs = [
        thread::module_def(&builder.ctx),
        eager::definition::<Threading>(&builder.ctx),
        eager::definition::<Queue>(&builder.ctx),
        eager::definition::<SimpleQueue>(&builder.ctx),
        time::module_def(&builder.ctx),
        operator::module_def(&builder.ctx),
        pyexpat::module_def(&builder.ctx),
        pyt_module::module_def(&builder.ctx),
        search_path::module_def(&builder.ctx),
        eager::definition::<FuturesBase>(&builder.ctx),
        eager::definition::<FuturesThread>(&builder.ctx),
    ];
    let optional: Vec<_> = [
        #[cfg(feature = "sqlite")]
        Some(sqlite::module_def(&builder.ctx)),
        #[cfg(feature = "ssl")]
        ssl::definition(),
        sysconfig::definition(),
        #[cfg(target_os = "linux")]
        locale::module_def(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let state = state.clone();
    let mut corrected = corrections::module_defs();
    corrected.extend(event_loop_waits());
    builder
        .add_native_modules(posix_completed().as_slice())
        .add_native_modules(&completed(corrected))
        .add_native_modules(&defs)
        .add_native_modules(&optional)
        .init_hook(move |vm| state::bind(vm.state.interpreter_id, state.clone()))
}

/// The corrected modules and others, with numbers that upstream lacks.
fn completed(corrected: Vec<&'static PyModuleDef>) -> Vec<&'static PyModuleDef> {
    #[cfg(all(target_os = "linux", target_arch = "x86_64"))]
    return constants::completed(corrected.into_iter());
    #[cfg(not(all(target_os = "linux", target_arch = "x86_64")))]
    corrected
}

/// What shows the waits of event loops.
fn event_loop_waits() -> Option<&'static PyModuleDef> {
    #[cfg(target_os = "linux")]
    return event_loop::module_def();
    #[cfg(not(target_os = "linux"))]
    None
}

/// What completes `posix`.
fn posix_completed() -> Option<&'static PyModuleDef> {
    #[cfg(target_os = "linux")]
    return posix::stat_def();
    #[cfg(not(target_os = "linux"))]
    None
}

eager::definitions! {
    Threading: threading::module_def;
    Queue: queue::module_def;
    SimpleQueue: queue::simple::module_def;
    FuturesBase: futures::base_def;
    FuturesThread: futures::thread_def;
}

/// Registers what the modules have done when interpreters begin and end and when threads exit. The
/// order of each list matters: `tests` below hold it.
fn register_hooks() {
    naming::register(primitives::addresses);
    #[cfg(feature = "sqlite")]
    naming::register(sqlite::addresses);
    // `signal` wraps what it finds in `_signal`, and `sys` what it finds in itself.
    hooks::on_first_entry("sys", sys::install);
    hooks::on_first_entry("signal", signal::install);
    hooks::on_first_entry("the import lock", import_lock::install);
    hooks::on_first_entry("event loops", |state, _| {
        runs::describe_event_loops(state);
        Ok(())
    });
    hooks::on_first_entry("corrections", corrections::begin);
    // A `__del__` of thread-local data may ask for the current thread: then it gets a dummy object,
    // which goes when the interpreter ends.
    hooks::on_thread_exit("threading", threading::thread_exits);
    hooks::on_thread_exit("_thread._local", thread::local::drop_all_of_this_thread);
    hooks::on_thread_exit("the import lock", import_lock::give_back_import_lock);
    hooks::on_interpreter_release("guards", guards::release);
    hooks::on_interpreter_release("wrapped functions", wrapped::release);
    hooks::on_interpreter_release("dialects of csv", corrections::dialects::release);
    hooks::on_interpreter_release("functions of atexit", runs::release);
    #[cfg(feature = "sqlite")]
    hooks::on_interpreter_release("sqlite3", sqlite::release);
    hooks::on_interpreter_exit("threading", threading::interpreter_exits);
    hooks::on_interpreter_exit("_thread._local", thread::local::drop_all_of_this_thread);
    hooks::on_interpreter_exit(
        "threading.settrace",
        threading::trace_hooks::interpreter_exits,
    );
}

#[cfg(test)]
mod tests {
    use super::{hooks, register_hooks};

    #[test]
    fn hooks_run_in_this_order() {
        // Registering again changes nothing.
        register_hooks();
        register_hooks();
        let registered = hooks::registered();
        assert_eq!(
            registered.first_entry,
            [
                "sys",
                "signal",
                "the import lock",
                "event loops",
                "corrections"
            ]
        );
        assert_eq!(
            registered.thread_exit,
            ["threading", "_thread._local", "the import lock"]
        );
        assert_eq!(
            registered.interpreter_release,
            [
                "guards",
                "wrapped functions",
                "dialects of csv",
                "functions of atexit",
                #[cfg(feature = "sqlite")]
                "sqlite3"
            ]
        );
        assert_eq!(
            registered.interpreter_exit,
            ["threading", "_thread._local", "threading.settrace"]
        );
    }
}
