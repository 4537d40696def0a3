//! The modules `queue` and `_queue`.
//!
//! What they do is CPython's `queue`; what waits and wakes is `pyt_sched::Queue` as long as
//! programs cannot see the difference, and Python's own locks and conditions from then on.

mod args;
mod attributes;
mod blocking;
mod classes;
pub(crate) mod errors;
mod fallback;
mod fast;
mod heap;
mod ordered;
pub(crate) mod simple;

pub(crate) use classes::address_in;
pub(crate) use queue::module_def;

/// Queues for several threads.
#[rustpython_vm::pymodule]
mod queue {
    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
        builtins::{PyListRef, PyModule},
        class::PyClassImpl,
    };

    use crate::modules::queue::{
        classes::PyQueue,
        errors::{PyEmpty, PyFull, PyShutDown},
        ordered::{PyLifoQueue, PyPriorityQueue},
        simple::{PySimpleQueue, PySubstituteQueue},
    };

    #[pyattr]
    fn __all__(vm: &VirtualMachine) -> PyListRef {
        let names = [
            "Empty",
            "Full",
            "ShutDown",
            "Queue",
            "PriorityQueue",
            "LifoQueue",
            "SimpleQueue",
        ];
        vm.ctx
            .new_list(names.map(|name| vm.ctx.new_str(name).into()).to_vec())
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let classes: [(&str, PyObjectRef); 8] = [
            ("Empty", PyEmpty::make_static_type().into()),
            ("Full", PyFull::make_static_type().into()),
            ("ShutDown", PyShutDown::make_static_type().into()),
            ("Queue", PyQueue::make_static_type().into()),
            ("PriorityQueue", PyPriorityQueue::make_static_type().into()),
            ("LifoQueue", PyLifoQueue::make_static_type().into()),
            ("SimpleQueue", PySimpleQueue::make_static_type().into()),
            (
                "_PySimpleQueue",
                PySubstituteQueue::make_static_type().into(),
            ),
        ];
        for (name, class) in classes {
            module.as_object().set_attr(name, class, vm)?;
        }
        Ok(())
    }
}
