//! Which objects of Python have primitives of the scheduler's inside, for reports that name these
//! by what holds the object.

use rustpython_vm::PyObject;

use super::{
    futures,
    queue::{self, simple::PySimpleQueue},
    thread::locks::{lock::Lock, pure::PyRLock, rlock::RLock},
    threading::{barrier, condition::Condition, event::Event, semaphore::Semaphore},
};

/// Tells the addresses of the primitives in `object`, if it has any.
pub(super) fn addresses(object: &PyObject, found: &mut dyn FnMut(usize)) {
    if let Some(lock) = object.downcast_ref::<Lock>() {
        found(address(lock.inner()));
    } else if let Some(lock) = object.downcast_ref::<RLock>() {
        found(lock.inner().address());
    } else if let Some(lock) = object.downcast_ref::<PyRLock>() {
        found(lock.inner().address());
    } else if let Some(event) = object.downcast_ref::<Event>() {
        found(address(event.inner()));
    } else if let Some(condition) = object.downcast_ref::<Condition>() {
        found(address(condition.inner()));
        if let Some(lock) = condition.lock_if_known() {
            addresses(lock, found);
        }
    } else if let Some(semaphore) = object.downcast_ref::<Semaphore>() {
        found(address(semaphore.inner()));
    } else if let Some(queue) = object.downcast_ref::<PySimpleQueue>() {
        found(address(queue.inner()));
    } else if let Some(address) = barrier::address_in(object)
        .or_else(|| queue::address_in(object))
        .or_else(|| futures::address_in(object))
    {
        found(address);
    }
}

/// The address by which the scheduler knows a primitive.
fn address<T>(primitive: &T) -> usize {
    std::ptr::from_ref(primitive).addr()
}
