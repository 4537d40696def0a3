//! What a runtime, and the handles that outlive it, have in common: the way in.
//!
//! Any thread may come in. The thread that made the runtime is the interpreter's main thread; those
//! that Python started are inside already; all others are visitors. What they do inside is not
//! known here.

use std::{
    cell::RefCell,
    mem::ManuallyDrop,
    sync::{Arc, OnceLock},
    thread::{self, ThreadId},
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, ReentrantMutex};
use pyt_vm::InterpreterState;
use rustpython_vm::{
    Interpreter, PyObjectRef, VirtualMachine, builtins::PyBaseExceptionRef, vm::thread as vm_thread,
};

use crate::{
    control::{Control, Limits},
    isolation::Lease,
    stream::Open,
};

/// The runtime has ended, or is about to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Gone;

pub(crate) struct Shared {
    /// Taken out when the interpreter ends. It is not dropped without having been ended: its
    /// threads may still use it.
    interpreter: ReentrantMutex<RefCell<Option<ManuallyDrop<Interpreter>>>>,
    state: Arc<InterpreterState>,
    /// The thread that made the runtime: Python's main thread.
    home: ThreadId,
    door: Mutex<Door>,
    left: Condvar,
    /// Interruptions, limits and the like.
    pub(crate) control: Control,
    /// What each call from outside may use up.
    limits: OnceLock<Limits>,
    /// Objects that handles let go of outside of the interpreter, where no `__del__` can run.
    dropped: Mutex<Vec<PyObjectRef>>,
    /// Where the standard streams lead, and what an isolated program is granted: until the end.
    kept: Mutex<Option<(Open, Option<Lease>)>>,
}

/// Who is inside from outside.
#[derive(Default)]
struct Door {
    is_closed: bool,
    visits: usize,
}

/// One stay of a thread, of the main thread as well.
struct Stay<'a>(&'a Shared);

impl Drop for Stay<'_> {
    fn drop(&mut self) {
        self.0.door.lock().visits -= 1;
        self.0.left.notify_all();
        self.0.control.left(InterpreterState::own_ident());
    }
}

impl Shared {
    pub(crate) fn new(interpreter: Interpreter, state: Arc<InterpreterState>) -> Arc<Self> {
        let shared = Arc::new(Self {
            interpreter: ReentrantMutex::new(RefCell::new(Some(ManuallyDrop::new(interpreter)))),
            state,
            home: thread::current().id(),
            door: Mutex::default(),
            left: Condvar::new(),
            control: Control::default(),
            limits: OnceLock::new(),
            dropped: Mutex::default(),
            kept: Mutex::default(),
        });
        let watching = Arc::downgrade(&shared);
        shared
            .state
            .on_refusal(move |most, vm| watching.upgrade()?.refuse_thread(most, vm));
        shared
    }

    pub(crate) const fn state(&self) -> &Arc<InterpreterState> {
        &self.state
    }

    /// Runs `f` inside, on the calling thread, whichever it is. Blocks until it has its turn.
    pub(crate) fn enter<R>(
        self: &Arc<Self>,
        f: impl FnOnce(&VirtualMachine) -> R,
    ) -> Result<R, Gone> {
        if self.state.is_attached() {
            return Ok(vm_thread::with_current_vm(f));
        }
        let _stay = self.come_in()?;
        let f = |vm: &VirtualMachine| {
            self.collect_dropped();
            match self.limits.get() {
                Some(limits) => self.limited(vm, limits, || f(vm)).0,
                None => f(vm),
            }
        };
        if thread::current().id() != self.home {
            let name = thread::current().name().map(str::to_owned);
            let name = name.as_deref().unwrap_or("host thread");
            return self.state.attach_host(name, f).ok_or(Gone);
        }
        let main = self.interpreter.lock();
        let main = main.borrow();
        let interpreter = main.as_ref().ok_or(Gone)?;
        Ok(self.state.attach_main(interpreter, f))
    }

    fn come_in(&self) -> Result<Stay<'_>, Gone> {
        let mut door = self.door.lock();
        if door.is_closed {
            return Err(Gone);
        }
        door.visits += 1;
        Ok(Stay(self))
    }

    /// Drops `object` inside: at once, if the calling thread is there, else when the next one comes
    /// in. After the end of the interpreter it is left where it is.
    pub(crate) fn drop_inside(&self, object: PyObjectRef) {
        if self.state.is_attached() {
            drop(object);
            return;
        }
        // Nobody collects any more once the door is closed: it stays as it is until this is done.
        let door = self.door.lock();
        if door.is_closed {
            std::mem::forget(object);
        } else {
            self.dropped.lock().push(object);
        }
    }

    fn collect_dropped(&self) {
        let dropped = std::mem::take(&mut *self.dropped.lock());
        drop(dropped);
    }

    /// From now on each call from outside is under these limits. For once.
    pub(crate) fn limit(&self, limits: Limits) {
        self.limits.get_or_init(|| limits);
    }

    /// Whether the interpreter has been taken away, or nobody could tell: it is being used.
    pub(crate) fn is_over(&self) -> bool {
        self.interpreter
            .try_lock()
            .is_some_and(|main| main.borrow().is_none())
    }

    /// Lets nobody in any more, and waits for those who are inside. Whether they have left within
    /// `patience`.
    pub(crate) fn close(&self, patience: Duration) -> bool {
        let end = Instant::now() + patience;
        let mut door = self.door.lock();
        door.is_closed = true;
        while door.visits > 0 {
            if self.left.wait_until(&mut door, end).timed_out() {
                return door.visits == 0;
            }
        }
        true
    }

    /// Ends the interpreter, on the calling thread as its main thread. To be called once, after
    /// [`close`](Self::close) has said that nobody is inside. Returns the exit status.
    pub(crate) fn finalize(&self, error: Option<PyBaseExceptionRef>) -> i32 {
        let main = self.interpreter.lock();
        let Some(interpreter) = main.borrow_mut().take() else {
            return 0;
        };
        interpreter.enter(|_| self.collect_dropped());
        let interpreter = ManuallyDrop::into_inner(interpreter);
        self.over(self.state.finalize(interpreter, error))
    }

    /// As [`finalize`](Self::finalize), for a process that goes on, on any thread.
    pub(crate) fn dismantle(&self) -> i32 {
        let main = self.interpreter.lock();
        let Some(interpreter) = main.borrow_mut().take() else {
            return 0;
        };
        let interpreter = ManuallyDrop::into_inner(interpreter);
        let last = |_: &VirtualMachine| self.collect_dropped();
        self.over(self.state.dismantle(interpreter, last))
    }

    /// Keeps both until the interpreter has ended.
    pub(crate) fn keep(&self, open: Open, lease: Option<Lease>) {
        *self.kept.lock() = Some((open, lease));
    }

    /// The interpreter has ended with this status: what is left of lines is passed on, and what it
    /// was granted is taken back.
    fn over(&self, status: u32) -> i32 {
        let kept = self.kept.lock().take();
        if let Some((open, _lease)) = kept {
            open.finish();
        }
        i32::try_from(status).unwrap_or(-1)
    }
}
