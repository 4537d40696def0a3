//! Exceptions that left threads, for those who run a program to see whether it fails; and the one
//! that ends threads of a run that was given up.

use std::sync::OnceLock;

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, PyObject, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyTypeRef},
};

use crate::vm::interpreters;

/// An exception that nobody caught, as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uncaught {
    /// The name of the thread that it ended.
    pub thread: String,
    /// The name of its class.
    pub type_name: String,
    /// What `str()` says of it.
    pub message: String,
}

/// Those of one interpreter.
#[derive(Default)]
pub(crate) struct UncaughtExceptions {
    /// `None`: nobody wants to know.
    seen: Mutex<Option<Vec<Uncaught>>>,
    abandoned: OnceLock<PyTypeRef>,
}

impl UncaughtExceptions {
    pub(crate) fn begin(&self) {
        *self.seen.lock() = Some(Vec::new());
    }

    pub(crate) fn end(&self) -> Vec<Uncaught> {
        self.seen.lock().take().unwrap_or_default()
    }

    /// `raised` has left the thread. False: that is no news, since it was made to end.
    pub(crate) fn note(
        &self,
        raised: &PyBaseExceptionRef,
        thread: &PyObject,
        vm: &VirtualMachine,
    ) -> bool {
        let threads = interpreters::of(vm);
        if self.is_abandonment(raised) || threads.world.async_exceptions.is_stop(raised) {
            return false;
        }
        if self.seen.lock().is_some() && !raised.fast_isinstance(vm.ctx.exceptions.system_exit) {
            let text = |object: &PyObject| {
                object
                    .str(vm)
                    .map_or_else(|_| String::from("?"), |text| text.to_string())
            };
            let name = thread.get_attr("name", vm);
            let uncaught = Uncaught {
                thread: name.map_or_else(|_| String::from("?"), |name| text(&name)),
                type_name: raised.class().name().to_string(),
                message: text(raised.as_object()),
            };
            if let Some(seen) = &mut *self.seen.lock() {
                seen.push(uncaught);
            }
        }
        true
    }

    /// What ends a thread of a run that was given up. Not an `Exception`, so that few catch it.
    pub(crate) fn abandonment(&self, vm: &VirtualMachine) -> PyBaseExceptionRef {
        let class = self.abandoned.get_or_init(|| {
            let base = vm.ctx.exceptions.base_exception_type.to_owned();
            vm.ctx
                .new_exception_type("pyt", "ScheduleAbandoned", Some(vec![base]))
        });
        vm.new_exception_msg(class.clone(), "the run was given up".into())
    }

    /// Whether that is what `raised` is.
    pub(crate) fn is_abandonment(&self, raised: &PyBaseExceptionRef) -> bool {
        self.abandoned
            .get()
            .is_some_and(|class| raised.fast_isinstance(class))
    }
}
