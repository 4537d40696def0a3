//! The module `_pyt`: decision points and stretches without one, for the package `pyt`; and what
//! `_pyt_run_state` has to know of the run under way.

pub(crate) use _pyt::module_def;

#[rustpython_vm::pymodule]
mod _pyt {
    use pyt_sched::{
        Thread,
        controlled::{Action, Op, point as decision_point},
    };
    use pyt_vm::{abort::OrRaise, state, uncaught::UncaughtExceptions};
    use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBaseExceptionRef};

    use crate::modules::runs;

    /// Lets another thread go on, if the strategy of the run under way says so.
    #[pyfunction]
    fn point(vm: &VirtualMachine) -> PyResult<()> {
        decision_point(Op::alone(Action::Step))
            .map(drop)
            .or_raise(vm)
    }

    /// In a run, waits until something can be read from the file descriptor, which must be the work
    /// of another thread of the run. Returns whether it waited: false outside of a run.
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

    /// How many functions `atexit` has.
    #[pyfunction]
    fn exit_function_count(vm: &VirtualMachine) -> usize {
        runs::exit_function_count(vm)
    }

    /// The import of a module of the library has given `atexit` the newest `count` functions.
    #[pyfunction]
    fn keep_exit_functions(count: usize, vm: &VirtualMachine) {
        runs::keep_exit_functions(count, vm);
    }

    /// Whether the run of the calling thread was given up, or its program has ended.
    #[pyfunction]
    fn is_given_up() -> bool {
        runs::is_given_up()
    }

    /// Nothing has caught `raised`, which cannot be raised where it was: the run fails. False if it
    /// is what ends the threads of a run that was given up.
    #[pyfunction]
    fn note_unraisable(raised: PyBaseExceptionRef, vm: &VirtualMachine) -> bool {
        let name = || Thread::current().map_or_else(|| String::from("?"), |me| me.name());
        UncaughtExceptions::note_in(&state::of(vm), &raised, name, vm)
    }

    /// Takes back one `enter_atomic`.
    #[pyfunction]
    fn leave_atomic() {
        if let Some(me) = Thread::current() {
            me.leave_atomic();
        }
    }
}
