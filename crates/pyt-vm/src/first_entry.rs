//! What has to be done once in an interpreter, before Python code runs in it.

use std::{sync::Arc, time::Duration};

use rustpython_vm::{
    PyResult, VirtualMachine,
    function::{FuncArgs, KwArgs},
};

use super::{
    hooks,
    state::InterpreterState,
    streams::{flush_streams, writes_to_a_file},
};

/// How long the end of the interpreter waits for daemon threads that are in foreign code, so
/// that none is stopped while it holds a lock of, say, a buffered stream.
pub(super) const HALT_GRACE: Duration = Duration::from_millis(100);

pub(super) fn prepare(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    state.world.async_exceptions.prepare(vm);
    state.id.get_or_init(|| vm.state.interpreter_id);
    *state.vm_template.lock() = Some(vm.new_thread());
    hooks::first_entry(state, vm)?;
    reset_after_forks(state, vm)?;
    stop_threads_at_exit(state, vm)
}

/// Has `atexit` stop the threads that are left.
fn stop_threads_at_exit(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    // `atexit` runs its functions last in, first out: this one, the first, runs last, just
    // before the interpreter ends.
    let state = Arc::downgrade(state);
    let stop_all = vm.new_function("stop_daemon_threads", move |vm: &VirtualMachine| {
        if let Some(state) = state.upgrade() {
            flush_streams(vm, |_| true);
            state
                .scheduler
                .halt(&state.threads().records(None), HALT_GRACE);
            // What others wrote may have been in the hands of a thread that was in the middle of a
            // write, and has finished that since.
            flush_streams(vm, |stream| writes_to_a_file(stream, vm));
            state.world.close();
            state.vm_pool().close();
            state.thread_cache().close();
        }
    });
    let atexit = vm.import("atexit", 0)?;
    atexit.get_attr("register", vm)?.call((stop_all,), vm)?;
    Ok(())
}

/// Has a forked process begin with the one thread that it has. Programs that use threads without
/// `threading` need that, too.
fn reset_after_forks(state: &Arc<InterpreterState>, vm: &VirtualMachine) -> PyResult<()> {
    let posix = vm.import("posix", 0)?;
    let state = Arc::downgrade(state);
    let before = state.clone();
    // The interpreter warns of a fork beside other threads, and counts those of the system.
    let dismiss = vm.new_function("dismiss_idle_threads", move || {
        if let Some(state) = before.upgrade() {
            state.thread_cache().dismiss();
        }
    });
    let reset = vm.new_function("reset_after_fork", move || {
        if let Some(state) = state.upgrade() {
            state.reset_after_fork();
        }
    });
    let keywords = [
        ("before".to_owned(), dismiss.into()),
        ("after_in_child".to_owned(), reset.into()),
    ];
    let register = posix.get_attr("register_at_fork", vm)?;
    register
        .call(
            FuncArgs::new(vec![], keywords.into_iter().collect::<KwArgs>()),
            vm,
        )
        .map(drop)
}
