//! Exceptions that left threads, for a host that runs a program to see whether it fails; and the
//! exception that ends threads of a run that was given up.

use std::{path::Path, sync::OnceLock};

use parking_lot::Mutex;
use pyt_sched::Thread;
use rustpython_vm::{
    AsObject, PyObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyCode, PyTypeRef},
};

use super::state::{self, InterpreterState};

/// An exception that left a thread, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncaught {
    /// The name of the thread.
    pub thread: String,
    /// The name of its class.
    pub type_name: String,
    /// What `str()` says of it.
    pub message: String,
    /// The innermost line of its traceback that is not of the library, as `bank.py:12`.
    pub place: Option<String>,
}

impl Uncaught {
    /// `raised`, which has left the thread of that name.
    #[must_use]
    pub fn new(thread: String, raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> Self {
        Self {
            thread,
            type_name: raised.class().name().to_string(),
            message: text(raised.as_object(), vm),
            place: place_of(raised),
        }
    }
}

/// The innermost line of the traceback that is not of the library. The file has no folder, so that
/// the place is the same on another machine.
fn place_of(raised: &PyBaseExceptionRef) -> Option<String> {
    let traceback = raised.__traceback__()?;
    let places = traceback.iter().filter_map(|entry| {
        let code = entry.frame.iframe().code();
        let file = Path::new(code.source_path().as_str());
        let name = file.file_name()?.to_string_lossy();
        (!is_library(code)).then(|| format!("{name}:{}", entry.lineno.get()))
    });
    places.last()
}

/// Whether it is code of the library, which is frozen into the binary. What stands for functions of
/// native modules has the module's name in the place of a file's.
#[must_use]
pub fn is_library(code: &PyCode) -> bool {
    let file = code.source_path().as_str();
    let is_module = !file.starts_with('<')
        && !file.contains('/')
        && Path::new(file)
            .extension()
            .is_none_or(|ending| ending != "py");
    file.starts_with("<frozen") || is_module
}

/// Those of one interpreter.
#[derive(Default)]
pub struct UncaughtExceptions {
    /// `None`: they are not collected.
    seen: Mutex<Option<Vec<Uncaught>>>,
    abandoned: OnceLock<PyTypeRef>,
}

impl UncaughtExceptions {
    /// Those of this interpreter.
    #[must_use]
    pub fn of(state: &InterpreterState) -> &Self {
        state.slot()
    }

    /// Begins to collect them.
    pub fn begin(&self) {
        *self.seen.lock() = Some(Vec::new());
    }

    /// Ends collecting them, and returns those that there were.
    pub fn end(&self) -> Vec<Uncaught> {
        self.seen.lock().take().unwrap_or_default()
    }

    /// Notes that `raised` has left the thread. Returns false if we caused the exception ourselves,
    /// to end the thread.
    pub fn note(
        state: &InterpreterState,
        raised: &PyBaseExceptionRef,
        thread: &PyObject,
        vm: &VirtualMachine,
    ) -> bool {
        let name = || {
            let name = thread.get_attr("name", vm);
            name.map_or_else(|_| String::from("?"), |name| text(&name, vm))
        };
        Self::note_in(state, raised, name, vm)
    }

    /// As [`note`](Self::note), with the name of the thread; `name` is called if it is needed.
    pub fn note_in(
        state: &InterpreterState,
        raised: &PyBaseExceptionRef,
        name: impl FnOnce() -> String,
        vm: &VirtualMachine,
    ) -> bool {
        let collected = Self::of(state);
        // What handlers make of the exception that ends a thread of a run that was given up.
        let given_up = Thread::current().is_some_and(|me| me.scheduler().policy().gives_up(&me));
        if given_up {
            return false;
        }
        if collected.is_abandonment(raised) || state.world.async_exceptions.is_stop(raised) {
            return false;
        }
        if let Some(recording) = state.recording()
            && !raised.fast_isinstance(vm.ctx.exceptions.system_exit)
        {
            let (class, message) = (raised.class().name(), text(raised.as_object(), vm));
            recording.raised(&format!("{class}: {message}"));
        }
        if collected.seen.lock().is_some() && !raised.fast_isinstance(vm.ctx.exceptions.system_exit)
        {
            let uncaught = Uncaught::new(name(), raised, vm);
            if let Some(seen) = &mut *collected.seen.lock() {
                seen.push(uncaught);
            }
        }
        true
    }

    /// What ends a thread of a run that was given up. Not an `Exception`, so that few catch it.
    pub(super) fn abandonment(&self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let class = self.abandoned.get_or_init(|| {
            let base = vm.ctx.exceptions.base_exception_type.to_owned();
            vm.ctx
                .new_exception_type("pyt", "ScheduleAbandoned", Some(vec![base]))
        });
        vm.new_exception_msg(class.clone(), "the run was given up".into())
    }

    /// Whether that is what `raised` is.
    fn is_abandonment(&self, raised: &PyBaseExceptionRef) -> bool {
        self.abandoned
            .get()
            .is_some_and(|class| raised.fast_isinstance(class))
    }
}

/// What `str()` says of `object`.
fn text(object: &PyObject, vm: &VirtualMachine) -> String {
    object
        .str(vm)
        .map_or_else(|_| String::from("?"), |text| text.to_string())
}

/// Whether `raised` is what ends the threads of a run that was given up.
#[must_use]
pub fn is_abandonment(raised: &PyBaseExceptionRef, vm: &VirtualMachine) -> bool {
    UncaughtExceptions::of(&state::of(vm)).is_abandonment(raised)
}
