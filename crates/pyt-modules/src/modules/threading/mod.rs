//! The module `threading`.
//!
//! Each class has a file; here are the functions, and what happens at the end of the interpreter
//! and after a fork.

pub(crate) mod barrier;
pub(crate) mod condition;
mod dangling;
pub(crate) mod default_names;
mod deprecated;
pub(crate) mod event;
mod excepthook;
mod locks;
pub(crate) mod registry;
mod run_frames;
pub(crate) mod semaphore;
mod special;
mod thread;
pub(crate) mod trace_hooks;

pub(crate) use threading::module_def;

#[rustpython_vm::pymodule(with(
    barrier::barrier,
    condition::condition,
    event::event,
    locks::locks,
    semaphore::semaphore,
    // A base class before those built on it.
    thread::thread,
    special::special
))]
mod threading {
    use pyt_vm::state;
    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
        builtins::{PyModule, PyUtf8StrRef},
        function::{FuncArgs, KwArgs},
    };

    use super::{default_names, deprecated::warn_deprecated, registry, trace_hooks};
    use crate::args::arguments::given;

    /// Names that are those of `_thread`, and what they are called there.
    const FROM_THREAD: &[(&str, &str)] = &[
        ("ExceptHookArgs", "_ExceptHookArgs"),
        ("TIMEOUT_MAX", "TIMEOUT_MAX"),
        ("ThreadError", "error"),
        ("_ThreadHandle", "_ThreadHandle"),
        ("__excepthook__", "_excepthook"),
        ("_allocate_lock", "allocate_lock"),
        ("_daemon_threads_allowed", "daemon_threads_allowed"),
        ("_get_main_thread_ident", "_get_main_thread_ident"),
        ("_is_main_interpreter", "_is_main_interpreter"),
        ("_make_thread_handle", "_make_thread_handle"),
        ("_set_name", "set_name"),
        ("_start_joinable_thread", "start_joinable_thread"),
        ("_thread_shutdown", "_shutdown"),
        ("excepthook", "_excepthook"),
        ("get_ident", "get_ident"),
        ("get_native_id", "get_native_id"),
        ("local", "_local"),
        ("stack_size", "stack_size"),
    ];

    const ALL: &[&str] = &[
        "get_ident",
        "active_count",
        "Condition",
        "current_thread",
        "enumerate",
        "main_thread",
        "TIMEOUT_MAX",
        "Event",
        "Lock",
        "RLock",
        "Semaphore",
        "BoundedSemaphore",
        "Thread",
        "Barrier",
        "BrokenBarrierError",
        "Timer",
        "ThreadError",
        "setprofile",
        "settrace",
        "local",
        "stack_size",
        "excepthook",
        "ExceptHookArgs",
        "gettrace",
        "getprofile",
        "setprofile_all_threads",
        "settrace_all_threads",
        "get_native_id",
    ];

    #[pyattr]
    const _HAVE_THREAD_NATIVE_ID: bool = true;

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let module = module.as_object();
        let thread = vm.import("_thread", 0)?;
        for (name, origin) in FROM_THREAD {
            module.set_attr(*name, thread.get_attr(*origin, vm)?, vm)?;
        }
        module.set_attr("_sys", vm.sys_module.clone(), vm)?;
        let all = ALL
            .iter()
            .map(|name| vm.ctx.new_str(*name).into())
            .collect();
        module.set_attr("__all__", vm.ctx.new_list(all), vm)?;
        registry::install(module, vm)?;
        // As `os.register_at_fork`, without the rest of `os`.
        let posix = vm.import("posix", 0)?;
        if let Ok(register) = posix.get_attr("register_at_fork", vm) {
            let after_fork = module.get_attr("_after_fork", vm)?;
            let keywords = [("after_in_child".to_owned(), after_fork)];
            register.call(
                FuncArgs::new(vec![], keywords.into_iter().collect::<KwArgs>()),
                vm,
            )?;
        }
        Ok(())
    }

    /// What CPython's module has from the start, and few programs use.
    #[pyfunction]
    fn __getattr__(name: PyUtf8StrRef, vm: &VirtualMachine) -> PyResult {
        let value = match name.as_str() {
            "_os" => vm.import("os", 0)?,
            "_dangling" => registry::dangling(vm)?,
            _ => {
                let message = format!("module 'threading' has no attribute '{name}'");
                let error = vm.new_attribute_error(message);
                // For "Did you mean".
                let object = error.as_object();
                object.set_attr("name", name.clone(), vm)?;
                object.set_attr("obj", registry::module(vm)?, vm)?;
                return Err(error);
            }
        };
        // From here on it is there like any other.
        registry::module(vm)?.set_attr(&*name, value.clone(), vm)?;
        Ok(value)
    }

    /// Return the current Thread object, corresponding to the caller's thread of control.
    #[pyfunction]
    fn current_thread(vm: &VirtualMachine) -> PyResult {
        registry::current(vm)
    }

    /// Deprecated: use current_thread() instead.
    #[pyfunction(name = "currentThread")]
    fn current_thread_deprecated(vm: &VirtualMachine) -> PyResult {
        warn_deprecated(
            "currentThread() is deprecated, use current_thread() instead",
            vm,
        )?;
        registry::current(vm)
    }

    /// Return the number of Thread objects currently alive.
    #[pyfunction]
    fn active_count(vm: &VirtualMachine) -> PyResult<usize> {
        Ok(registry::all(vm)?.len())
    }

    /// Deprecated: use active_count() instead.
    #[pyfunction(name = "activeCount")]
    fn active_count_deprecated(vm: &VirtualMachine) -> PyResult<usize> {
        warn_deprecated(
            "activeCount() is deprecated, use active_count() instead",
            vm,
        )?;
        active_count(vm)
    }

    /// Return a list of all Thread objects currently alive.
    #[pyfunction]
    fn enumerate(vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
        registry::all(vm)
    }

    /// As enumerate(). Internal use only.
    #[pyfunction]
    fn _enumerate(vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
        registry::all(vm)
    }

    /// Return the main thread object.
    #[pyfunction]
    fn main_thread(vm: &VirtualMachine) -> PyResult {
        registry::main(vm)
    }

    /// Set a trace function for all threads started from the threading module.
    #[pyfunction]
    fn settrace(func: PyObjectRef, vm: &VirtualMachine) {
        let new = given(Some(func), vm);
        let old = trace_hooks::with(vm, |hooks| std::mem::replace(&mut hooks.trace, new));
        drop(old);
    }

    /// Set a profile function for all threads started from the threading module.
    #[pyfunction]
    fn setprofile(func: PyObjectRef, vm: &VirtualMachine) {
        let new = given(Some(func), vm);
        let old = trace_hooks::with(vm, |hooks| std::mem::replace(&mut hooks.profile, new));
        drop(old);
    }

    /// Get the trace function as set by threading.settrace().
    #[pyfunction]
    fn gettrace(vm: &VirtualMachine) -> Option<PyObjectRef> {
        trace_hooks::with(vm, |hooks| hooks.trace.clone())
    }

    /// Get the profiler function as set by threading.setprofile().
    #[pyfunction]
    fn getprofile(vm: &VirtualMachine) -> Option<PyObjectRef> {
        trace_hooks::with(vm, |hooks| hooks.profile.clone())
    }

    /// Set a trace function for all threads, running ones included.
    #[pyfunction]
    fn settrace_all_threads(func: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        settrace(func.clone(), vm);
        let set = vm.sys_module.get_attr("_settraceallthreads", vm)?;
        set.call((func,), vm)
    }

    /// Set a profile function for all threads, running ones included.
    #[pyfunction]
    fn setprofile_all_threads(func: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        setprofile(func.clone(), vm);
        let set = vm.sys_module.get_attr("_setprofileallthreads", vm)?;
        set.call((func,), vm)
    }

    /// The number in the next default name. Threads ask the module for it, so that a program can
    /// put its own in this one's place.
    #[pyfunction]
    fn _counter() -> u64 {
        default_names::count()
    }

    #[pyfunction]
    fn _newname(
        template: rustpython_vm::builtins::PyStrRef,
        vm: &VirtualMachine,
    ) -> PyResult<String> {
        let number = default_names::next_number(vm)?;
        Ok(template.to_string_lossy().replace("%d", &number))
    }

    #[pyfunction]
    fn _make_invoke_excepthook(vm: &VirtualMachine) -> PyResult {
        super::excepthook::make(vm)
    }

    /// Register a function to be called before threads are joined at the end.
    #[pyfunction]
    fn _register_atexit(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let Some(function) = args.take_positional() else {
            return Err(vm.new_type_error(
                "_register_atexit() missing 1 required positional argument: 'func'",
            ));
        };
        if registry::is_shutting_down(vm) {
            return Err(vm.new_runtime_error("can't register atexit after shutdown"));
        }
        registry::push_atexit(vm, function, args);
        Ok(())
    }

    /// Wait until all non-daemon threads have ended.
    #[pyfunction]
    fn _shutdown(vm: &VirtualMachine) -> PyResult<()> {
        if registry::begin_shutdown(vm) {
            return Ok(());
        }
        while let Some((function, args)) = registry::pop_atexit(vm) {
            function.call(args, vm)?;
        }
        registry::end_main_thread(vm)?;
        vm.import("_thread", 0)?
            .get_attr("_shutdown", vm)?
            .call((), vm)?;
        Ok(())
    }

    /// Forget the threads that a fork did not copy.
    #[pyfunction]
    fn _after_fork(vm: &VirtualMachine) -> PyResult<()> {
        state::of(vm).reset_after_fork();
        registry::after_fork(vm)
    }
}

use rustpython_vm::VirtualMachine;

/// Takes the exiting thread off the list of threads: a thread that was not started here may have
/// made itself a dummy object.
pub(crate) fn thread_exits(vm: &VirtualMachine) {
    registry::leave(rustpython_vm::stdlib::_thread::get_ident(), vm);
}

/// Drops what is kept for `vm`'s interpreter, which has ended but for the calling thread.
pub(crate) fn interpreter_exits(vm: &VirtualMachine) {
    thread_exits(vm);
    registry::forget(vm);
}
