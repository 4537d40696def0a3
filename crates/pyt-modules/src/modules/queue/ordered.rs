//! `LifoQueue` and `PriorityQueue`: `Queue` with its items in a list.

use rustpython_vm::{PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine, pyclass};

use super::classes::PyQueue;

/// Whatever is in `queue`, a list.
fn list_of(zelf: &PyObject, vm: &VirtualMachine) -> PyResult {
    zelf.get_attr("queue", vm)
}

/// The hooks that do not depend on the order.
#[pyclass]
trait InList: PyPayload {
    /// Makes self.queue, which the other three work with.
    #[pymethod]
    fn _init(zelf: PyObjectRef, _maxsize: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        zelf.set_attr("queue", vm.ctx.new_list(Vec::new()), vm)
    }

    /// How many items are in self.queue.
    #[pymethod]
    fn _qsize(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        list_of(&zelf, vm)?.length(vm)
    }
}

/// A queue for several threads, last in, first out.
#[pyclass(module = "queue", name = "LifoQueue", base = PyQueue)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PyLifoQueue(PyQueue);

impl InList for PyLifoQueue {}

#[pyclass(with(InList), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
impl PyLifoQueue {
    /// Puts an item into self.queue.
    #[pymethod]
    fn _put(zelf: PyObjectRef, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        vm.call_method(&*list_of(&zelf, vm)?, "append", (item,))
            .map(drop)
    }

    /// Takes an item out of self.queue.
    #[pymethod]
    fn _get(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        vm.call_method(&*list_of(&zelf, vm)?, "pop", ())
    }
}

/// A queue for several threads, smallest item first.
///
/// Items are often tuples: (priority, data).
#[pyclass(module = "queue", name = "PriorityQueue", base = PyQueue)]
#[derive(Debug)]
#[repr(transparent)]
pub(crate) struct PyPriorityQueue(PyQueue);

impl InList for PyPriorityQueue {}

#[pyclass(with(InList), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
impl PyPriorityQueue {
    /// Puts an item into self.queue.
    #[pymethod]
    fn _put(zelf: PyObjectRef, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let push = vm.import("heapq", 0)?.get_attr("heappush", vm)?;
        push.call((list_of(&zelf, vm)?, item), vm).map(drop)
    }

    /// Takes an item out of self.queue.
    #[pymethod]
    fn _get(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        let pop = vm.import("heapq", 0)?.get_attr("heappop", vm)?;
        pop.call((list_of(&zelf, vm)?,), vm)
    }
}
