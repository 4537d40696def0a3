//! The module `_pyt`: decision points and stretches without one, for the package `pyt`.

pub(crate) use _pyt::module_def;

#[rustpython_vm::pymodule]
mod _pyt {
    use pyt_sched::{
        Thread,
        controlled::{Action, Op, point as decision_point},
    };
    use pyt_vm::abort::OrRaise;
    use rustpython_vm::{PyResult, VirtualMachine};

    /// Lets another thread go on, if the strategy of the run under way says so.
    #[pyfunction]
    fn point(vm: &VirtualMachine) -> PyResult<()> {
        decision_point(Op::alone(Action::Step))
            .map(drop)
            .or_raise(vm)
    }

    /// In a run, waits until something can be read from the file descriptor, which must be the work of
    /// another thread of the run. Returns whether it waited: false outside of a run.
    #[cfg(unix)]
    #[pyfunction]
    fn wait_until_readable(fd: i32, vm: &VirtualMachine) -> PyResult<bool> {
        pyt_sched::wait_for_io(|| is_readable(fd)).or_raise(vm)
    }

    #[cfg(unix)]
    fn is_readable(fd: i32) -> bool {
        let mut polled = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which outlives the call; with a timeout of zero it does not block.
        let ready = unsafe { libc::poll(&raw mut polled, 1, 0) };
        // What cannot be polled is for the caller to find out.
        ready != 0
    }

    /// From here on no other thread of the run goes on unless this one waits. Nests.
    #[pyfunction]
    fn enter_atomic() {
        if let Some(me) = Thread::current() {
            me.enter_atomic();
        }
    }

    /// Takes back one `enter_atomic`.
    #[pyfunction]
    fn leave_atomic() {
        if let Some(me) = Thread::current() {
            me.leave_atomic();
        }
    }
}
