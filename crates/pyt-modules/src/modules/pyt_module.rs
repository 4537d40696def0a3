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
