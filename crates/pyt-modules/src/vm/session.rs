//! One interpreter's threads, from installing the modules to the end.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::Mutex;
use pyt_sched::{Clock, Free, Gil, Scheduler, Thread, ThreadId, controlled::Controlled};
use rustpython_vm::{
    AsObject, InterpreterBuilder, PyObject, PyResult, VirtualMachine,
    builtins::PyBaseExceptionRef,
    function::{FuncArgs, KwArgs},
    stdlib::_thread::get_ident,
    vm::thread::{self, ThreadedVirtualMachine},
};

use crate::{
    upstream::eager,
    vm::{
        attach::{End, Stay},
        deadlock::{Listener, Occasions, Reporter},
        finalize, interpreters,
        interpreters::Threads,
        world,
    },
};

/// How long the end of the interpreter waits for daemon threads that are in foreign code, so
/// that none is stopped while it holds a lock of, say, a buffered stream.
const PATIENCE: Duration = Duration::from_millis(100);

/// How the threads of one interpreter are scheduled.
#[derive(Clone, Copy, Debug)]
pub struct Config {
    /// Whether one thread at a time runs Python (the simulated GIL).
    pub gil: bool,
    /// Whether sleeps and timeouts pass at once, on a virtual clock.
    pub virtual_time: bool,
}

/// The threads of one interpreter: the scheduler, and what connects it to the VM.
pub struct Session {
    pub(crate) threads: Arc<Threads>,
    main: Arc<Thread>,
    entered: AtomicBool,
    /// The interpreter's number among those of the process, once it has been entered.
    id: OnceLock<i64>,
    /// Makes the virtual machines of visiting threads.
    mother: Mutex<Option<ThreadedVirtualMachine>>,
}

/// Puts pyt's native modules in the place of upstream's. Call it last on the builder.
#[must_use]
pub fn install(builder: InterpreterBuilder, config: Config) -> (InterpreterBuilder, Session) {
    let defs = [
        crate::modules::thread::module_def(&builder.ctx),
        eager::whole::<eager::Threading>(&builder.ctx),
        eager::whole::<eager::Queue>(&builder.ctx),
        eager::whole::<eager::SimpleQueue>(&builder.ctx),
        crate::modules::time::module_def(&builder.ctx),
        crate::modules::operator::module_def(&builder.ctx),
        crate::modules::pyt_module::module_def(&builder.ctx),
        eager::whole::<eager::FuturesBase>(&builder.ctx),
        eager::whole::<eager::FuturesThread>(&builder.ctx),
    ];
    let world: Arc<world::Interpreter> = Arc::default();
    let clock = if config.virtual_time {
        Clock::virtual_time()
    } else {
        Clock::real()
    };
    let controlled = Arc::new(if config.gil {
        Controlled::over(Gil::new(world.clone()), world.clone())
    } else {
        Controlled::over(Free, world.clone())
    });
    let scheduler = Scheduler::builder()
        .clock(clock)
        .world(world.clone())
        .shared_policy(controlled.clone())
        .build();
    let main = scheduler.register("MainThread");
    main.set_takes_signals(true);
    let session = Session {
        threads: Threads::new(scheduler, world, Some(controlled)),
        main,
        entered: AtomicBool::new(false),
        id: OnceLock::new(),
        mother: Mutex::default(),
    };
    (builder.add_native_modules(&defs), session)
}

impl Session {
    /// Enters `interpreter` on the calling thread as its main thread, runs `f`, and leaves. Under
    /// the GIL it blocks until it is this thread's turn.
    pub fn enter<R>(
        &self,
        interpreter: &rustpython_vm::Interpreter,
        f: impl FnOnce(&VirtualMachine) -> R,
    ) -> R {
        if Thread::current().is_some_and(|current| Arc::ptr_eq(&current, &self.main)) {
            // Already inside, further up the stack.
            return interpreter.enter(f);
        }
        self.threads.world.bind(&interpreter.global_state);
        interpreters::set(interpreter.id(), self.threads.clone());
        self.threads.comes_in(get_ident());
        self.main.begin();
        interpreter.enter(|vm| {
            let _stay = Stay::begin(&self.main, &self.threads, vm, End::Pause);
            if !self.entered.swap(true, Ordering::AcqRel)
                && let Err(raised) = prepare(self, vm)
            {
                vm.print_exception(&raised);
            }
            f(vm)
        })
    }

    /// Whether the calling thread is inside this interpreter: it runs Python of its, or was called
    /// by such code and has not left it for foreign code.
    #[must_use]
    pub fn is_inside(&self) -> bool {
        let current = thread::try_with_current_vm(|vm| vm.state.interpreter_id);
        current.is_some() && current == self.id.get().copied()
    }

    /// Enters the interpreter on a thread that neither is its main thread nor was started by it,
    /// runs `f`, and leaves. For Python it is a thread of this name, for as long as `f` runs. Under
    /// the GIL it blocks until it is this thread's turn. `None` before the first
    /// [`enter`](Self::enter) and after the interpreter's end.
    pub fn visit<R>(&self, name: &str, f: impl FnOnce(&VirtualMachine) -> R) -> Option<R> {
        let threads = &self.threads;
        // Before the turn is asked for: making a machine may have to wait for a stop of the world.
        let machine = {
            let mother = self.mother.lock();
            mother.as_ref()?.run(VirtualMachine::new_thread)
        };
        let is_known = Thread::current().is_some_and(|current| {
            let known = threads.scheduler.thread(current.id());
            known.is_some_and(|known| Arc::ptr_eq(&known, &current))
        });
        if is_known {
            // Further up the stack it has left the interpreter for foreign code.
            return Some(machine.run(f));
        }
        let record = threads.scheduler.register(name);
        // From here on it can be interrupted, though it may have to wait for its first turn.
        threads.comes_in(get_ident());
        record.begin();
        Some(machine.run(|vm| {
            let _stay = Stay::begin(&record, threads, vm, End::Good);
            f(vm)
        }))
    }

    /// Ends the interpreter as CPython does and returns the exit status: joins non-daemon
    /// threads, runs `atexit`, stops daemon threads where they stand, flushes the buffers.
    pub fn finalize(
        &self,
        interpreter: rustpython_vm::Interpreter,
        error: Option<PyBaseExceptionRef>,
    ) -> u32 {
        let id = interpreter.id();
        self.threads.world.bind(&interpreter.global_state);
        self.main.begin();
        // `finalize` attaches at once. Until then the thread looks like one in foreign code, which
        // is harmless; if it were never said to be inside, nobody could take the turn from it.
        self.main.entered();
        interpreter.enter(|vm| {
            drop(self.mother.lock().take());
            // If it can't be spared, it is imported.
            let _ = finalize::spare_threading(vm);
        });
        let status = interpreter.finalize(error);
        // The interpreter is gone: nobody is left to hand the turn to.
        self.forget(id);
        status
    }

    /// As [`finalize`](Self::finalize), for a process that goes on: other interpreters are not slowed
    /// down, and any thread may call it. Python does not see `sys.is_finalizing()`.
    ///
    /// Upstream's own end of an interpreter sets a mark for the whole process that has each thread of
    /// each interpreter leave the fast path at every instruction, for good.
    ///
    /// `first` is called inside, before anything else.
    pub fn dismantle(
        &self,
        interpreter: rustpython_vm::Interpreter,
        first: impl FnOnce(&VirtualMachine),
    ) -> u32 {
        let id = interpreter.id();
        self.threads.world.bind(&interpreter.global_state);
        let machine = {
            let mother = self.mother.lock().take();
            mother.map(|mother| mother.run(VirtualMachine::new_thread))
        };
        self.main.begin();
        self.main.entered();
        let end = |vm: &VirtualMachine| {
            self.main.set_tag(get_ident());
            self.threads.comes_in(get_ident());
            first(vm);
            let status = finalize::run(vm);
            crate::modules::threading::interpreter_ends(vm);
            crate::modules::thread::local::drop_all_of_this_thread();
            let hooks = std::mem::take(&mut *self.threads.hooks.lock());
            drop(hooks);
            self.threads.world.async_exceptions.close(vm);
            self.threads.goes_out(get_ident());
            thread::cleanup_current_thread_frames(vm);
            status
        };
        // Not on the interpreter's own machine: that one knows the stack of the thread that made it.
        let status = match machine {
            Some(machine) => {
                let status = machine.run(end);
                drop(machine);
                status
            }
            None => interpreter.enter(end),
        };
        drop(interpreter);
        self.main.pause();
        self.forget(id);
        status
    }

    /// The interpreter with this number has ended.
    fn forget(&self, id: i64) {
        interpreters::forget(id);
        // A thread keeps its scheduler, which keeps its threads.
        self.threads.scheduler.unregister(&self.main);
    }

    /// Tells `listener` about threads that wait for ever, on these occasions. Call it before the
    /// first [`enter`](Self::enter).
    pub fn report_deadlocks(&self, occasions: Occasions, listener: Listener) {
        Reporter::begin(&self.threads, occasions, listener);
    }

    /// The ident that the main thread had when it was inside for the last time.
    pub(crate) fn main_tag(&self) -> u64 {
        self.main.tag()
    }

    pub(crate) fn main_id(&self) -> ThreadId {
        self.main.id()
    }

    /// Idents (as in `threading.get_ident()`) of the daemon threads that are alive.
    #[must_use]
    pub fn daemon_threads(&self) -> Vec<u64> {
        self.threads.daemons()
    }

    /// Stops the given daemon threads where they stand, for good. Call it attached, on the main
    /// thread. Threads that are not daemons, or not alive, are left alone.
    pub fn stop_daemon_threads(&self, _vm: &VirtualMachine, idents: &[u64]) {
        let records = self.threads.records(Some(idents));
        self.threads.scheduler.halt(&records, PATIENCE);
    }
}

/// What has to be done once, inside.
fn prepare(session: &Session, vm: &VirtualMachine) -> PyResult<()> {
    let threads = &session.threads;
    threads.world.async_exceptions.prepare(vm);
    session.id.get_or_init(|| vm.state.interpreter_id);
    *session.mother.lock() = Some(vm.new_thread());
    crate::modules::sys::install(threads, vm)?;
    crate::modules::signal::install(threads, vm)?;
    reset_after_forks(threads, vm)?;
    // `atexit` runs its functions last in, first out: this one, the first, runs last, just
    // before the interpreter ends.
    let threads = Arc::downgrade(threads);
    let stop_all = vm.new_function("stop_daemon_threads", move |vm: &VirtualMachine| {
        if let Some(threads) = threads.upgrade() {
            flush_streams(vm, |_| true);
            threads.scheduler.halt(&threads.records(None), PATIENCE);
            // What others wrote may have been in the hands of a thread that was in the middle of a
            // write, and has finished that since.
            flush_streams(vm, |stream| writes_to_a_file(stream, vm));
            threads.world.close();
            threads.spares.close();
            threads.workers.close();
        }
    });
    let atexit = vm.import("atexit", 0)?;
    atexit.get_attr("register", vm)?.call((stop_all,), vm)?;
    Ok(())
}

/// Writes out what threads that have ended left in the buffers of the standard streams, of those
/// for which `wanted` holds.
pub(crate) fn flush_streams(vm: &VirtualMachine, wanted: impl Fn(&PyObject) -> bool) {
    for name in ["stdout", "stderr"] {
        if let Ok(stream) = vm.sys_module.get_attr(name, vm)
            && !vm.is_none(&stream)
            && wanted(&stream)
        {
            // The interpreter flushes once more at its end, and reports what fails then.
            let _ = vm.call_method(&stream, "flush", ());
        }
    }
}

/// Whether all that a stream calls is the interpreter's own: then no thread stands still in the
/// middle of a write, with the lock of the stream held.
fn writes_to_a_file(stream: &PyObject, vm: &VirtualMachine) -> bool {
    let is = |object: &PyObject, class: &str| {
        let io = vm.import("_io", 0);
        let class = io.and_then(|io| io.get_attr(vm.ctx.intern_str(class), vm));
        class.is_ok_and(|class| object.class().is(&class))
    };
    if !is(stream, "TextIOWrapper") {
        return false;
    }
    let Ok(buffer) = stream.get_attr("buffer", vm) else {
        return false;
    };
    is(&buffer, "BufferedWriter")
        && buffer
            .get_attr("raw", vm)
            .is_ok_and(|raw| is(&raw, "FileIO"))
}

/// Sees to it that a forked process begins with what it does have: one thread. Programs that use
/// threads without `threading` need that, too.
fn reset_after_forks(threads: &Arc<Threads>, vm: &VirtualMachine) -> PyResult<()> {
    let posix = vm.import("posix", 0)?;
    let threads = Arc::downgrade(threads);
    let before = threads.clone();
    // The interpreter warns of a fork beside other threads, and counts those of the system.
    let dismiss = vm.new_function("dismiss_idle_threads", move || {
        if let Some(threads) = before.upgrade() {
            threads.workers.dismiss();
        }
    });
    let reset = vm.new_function("reset_after_fork", move || {
        if let Some(threads) = threads.upgrade() {
            threads.reset_after_fork();
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
