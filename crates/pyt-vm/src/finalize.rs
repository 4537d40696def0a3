//! The end of an interpreter: with the process, or in a process that goes on.
//!
//! Where the process goes on, the steps and their order are those of CPython's `Py_FinalizeEx`.
//! What upstream does instead is meant for a process that ends with its interpreter.

use std::time::{Duration, Instant};

use rustpython_vm::{
    AsObject, Interpreter, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyStr, PyType, PyTypeRef},
    import::import_builtin,
    stdlib::_thread::get_ident,
    vm::{runtime, thread},
};

use super::{
    first_entry::HALT_GRACE,
    hooks, panics,
    state::{self, InterpreterState},
    steps::Steps,
};

/// The exit status of a program whose output could not be written.
const OUTPUT_LOST: u32 = 120;

const THREADING: &str = "threading";

/// How long the end of the interpreter waits for the interpreters that Python code made.
const SUBINTERPRETERS_GRACE: Duration = Duration::from_secs(10);

impl InterpreterState {
    /// Ends the interpreter as CPython does and returns the exit status: joins non-daemon
    /// threads, runs `atexit`, stops daemon threads where they are, flushes the buffers.
    pub fn finalize(&self, interpreter: Interpreter, error: Option<PyBaseExceptionRef>) -> u32 {
        let id = interpreter.id();
        self.world.bind(&interpreter.global_state);
        if let Some(main) = &self.main {
            main.begin();
            // `finalize` attaches at once. Until then the thread looks like one in foreign code,
            // which is harmless; a thread that never counted as attached could not lose its turn.
            main.entered();
        }
        interpreter.enter(|vm| {
            drop(self.vm_template.lock().take());
            // If it can't be avoided, `threading` is imported.
            let _ = avoid_importing_threading(vm);
        });
        let status = interpreter.finalize(error);
        // The interpreter is gone: there is no thread to hand the turn to.
        self.forget(id);
        status
    }

    /// As [`finalize`](Self::finalize), for a process that goes on: other interpreters are not
    /// slowed down, and any thread may call it. Python does not see `sys.is_finalizing()`.
    ///
    /// Upstream's own end of an interpreter sets a mark for the whole process that has each thread
    /// of each interpreter leave the fast path at every instruction, for as long as the process
    /// runs.
    ///
    /// `first` is called attached, before anything else.
    pub fn dismantle(&self, interpreter: Interpreter, first: impl FnOnce(&VirtualMachine)) -> u32 {
        let id = interpreter.id();
        self.world.bind(&interpreter.global_state);
        let machine = {
            let template = self.vm_template.lock().take();
            template.map(|template| template.run(VirtualMachine::new_thread))
        };
        if let Some(main) = &self.main {
            main.begin();
            main.entered();
        }
        let end = |vm: &VirtualMachine| {
            if let Some(main) = &self.main {
                main.set_tag(get_ident());
            }
            self.threads().host_attached(get_ident());
            panics::skipped(|| first(vm));
            let status = end_interpreter(self, vm);
            hooks::interpreter_exit(vm);
            self.world.async_exceptions.close(vm);
            self.threads().host_detached(get_ident());
            thread::cleanup_current_thread_frames(vm);
            status
        };
        // Not on the interpreter's own machine: that one knows the stack of the thread that made
        // it.
        let status = match machine {
            Some(machine) => {
                let status = machine.run(end);
                drop(machine);
                status
            }
            None => interpreter.enter(end),
        };
        drop(interpreter);
        if let Some(main) = &self.main {
            main.pause();
        }
        self.forget(id);
        status
    }

    /// The interpreter with this number has ended.
    fn forget(&self, id: i64) {
        state::forget(id);
        if let Some(main) = &self.main {
            // A thread keeps its scheduler, which keeps its threads.
            self.scheduler.unregister(main);
        }
    }

    /// Idents (as in `threading.get_ident()`) of the daemon threads that are alive.
    #[must_use]
    pub fn daemon_threads(&self) -> Vec<u64> {
        self.threads().daemons()
    }

    /// Stops the given daemon threads where they are; they never go on. To be called attached, on
    /// the main thread. Threads that are not daemons, or not alive, are left alone.
    pub fn stop_daemon_threads(&self, _vm: &VirtualMachine, idents: &[u64]) {
        let records = self.threads().records(Some(idents));
        self.scheduler.halt(&records, HALT_GRACE);
    }
}

/// Ends `vm`'s interpreter, on an attached thread: joins non-daemon threads, runs `atexit` (whose
/// last function stops the remaining threads), empties the modules. Returns the exit status.
fn end_interpreter(interpreter: &InterpreterState, vm: &VirtualMachine) -> u32 {
    // What the program has done to `sys` and `builtins` may make the interpreter panic.
    let mut lost = false;
    panics::skipped(|| lost |= !flush(vm));
    panics::skipped(|| join_threads(vm));
    panics::skipped(|| run_atexit(vm));
    panics::skipped(|| end_subinterpreters(vm));
    // Threads that are still in foreign code cannot attach again.
    vm.state.stop_the_world.stop_the_world(&vm.state);
    thread::set_other_threads_shutting_down(&vm.state);
    vm.state.stop_the_world.start_the_world(&vm.state);
    // Everything is collected, also what the interpreter began with.
    vm.state.gc.unfreeze();
    panics::skipped(|| {
        vm.state.gc.collect_force(2);
    });
    panics::skipped(|| vm.finalize_modules());
    panics::skipped(|| lost |= !flush(vm));
    panics::skipped(|| release(interpreter, vm));
    if lost { OUTPUT_LOST } else { 0 }
}

/// Drops what the interpreter holds beside its modules, which would keep whole modules alive: no
/// other collector knows its objects.
fn release(interpreter: &InterpreterState, vm: &VirtualMachine) {
    let state = &vm.state;
    let kept = (
        std::mem::take(&mut *state.atexit_funcs.lock()),
        std::mem::take(&mut *state.before_forkers.lock()),
        std::mem::take(&mut *state.after_forkers_child.lock()),
        std::mem::take(&mut *state.after_forkers_parent.lock()),
        state.global_trace_func.lock().take(),
        state.global_profile_func.lock().take(),
        std::mem::take(&mut state.monitoring.lock().callbacks),
        hooks::interpreter_release(interpreter),
        Steps::release(interpreter),
    );
    drop(kept);
    let lasting = free_slots(vm);
    // What one pass frees may have kept something else.
    while state.gc.collect_force(2).collected > 0 {}
    for class in lasting {
        forget_subclasses(&class);
    }
}

/// Takes the descriptors of `__slots__` out of this interpreter's classes. Each holds its class,
/// which upstream's collector does not see: a class with slots, and all that it reaches, would stay
/// for ever. Returns the bases of these classes that are not the interpreter's.
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
                // Caches have the descriptor without counting a reference.
                class.modified();
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

/// The end of an interpreter imports `threading` to have its threads joined. Where it was not
/// imported before, there are none: then the import finds a stand-in, which removes itself when it
/// is called, so that what `atexit` runs can still import the real module.
fn avoid_importing_threading(vm: &VirtualMachine) -> PyResult<()> {
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
        // Not by `__import__`: the program may have replaced it.
        import_builtin(vm, "atexit")?
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
    // An interpreter that ends may make another.
    while let Some(id) = runtime::owned_interpreter_ids_for(root).into_iter().next() {
        if runtime::destroy_owned_interpreter(id).is_none()
            || began.elapsed() > SUBINTERPRETERS_GRACE
        {
            return;
        }
    }
}
