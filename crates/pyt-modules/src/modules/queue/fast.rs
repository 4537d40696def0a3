//! Whether a queue can take the fast path, which is the scheduler's queue: its class must not
//! override what `fallback` works through.
//!
//! A program may replace any of `Queue`'s hooks and attributes in a subclass, on the class or on
//! one object. This file decides for a class; `attributes` notices what is done to an object.

use pyt_sched::{Discipline, Undecided};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, VirtualMachine,
    builtins::{PyType, descriptor::PyMethodDescriptor},
    class::StaticType,
};

use super::{
    attributes::ExposedAttribute,
    classes::PyQueue,
    heap,
    ordered::{PyLifoQueue, PyPriorityQueue},
};

/// What a subclass overrides to organise its items in another way.
pub(super) const HOOKS: [&str; 4] = ["_init", "_qsize", "_put", "_get"];

/// The attributes that CPython's constructor sets.
pub(super) const EXPOSED: [&str; 8] = [
    "maxsize",
    "queue",
    "mutex",
    "not_empty",
    "not_full",
    "all_tasks_done",
    "unfinished_tasks",
    "is_shutdown",
];

/// The methods that other methods call.
pub(super) const CALLED: [&str; 2] = ["put", "get"];

/// The order in which items leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Fifo,
    Lifo,
    /// Smallest first.
    Priority,
}

/// What is known of a class whose queues can take the fast path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Profile {
    pub(super) order: Order,
    /// Whether `put_nowait` and `get_nowait` need not call `put` and `get` by name.
    pub(super) direct: bool,
}

/// What `class` is like; `None`: something is overridden that the fast path would pass over.
pub(super) fn profile(class: &Py<PyType>, vm: &VirtualMachine) -> Option<Profile> {
    let queue = PyQueue::static_type();
    let same_attribute_access = match (
        class.slots().getattro.load(),
        queue.slots().getattro.load(),
        class.slots().setattro.load(),
        queue.slots().setattro.load(),
    ) {
        (Some(get), Some(our_get), Some(set), Some(our_set)) => {
            get as usize == our_get as usize && set as usize == our_set as usize
        }
        _ => false,
    };
    if !same_attribute_access {
        return None;
    }
    let attribute = |name: &str| class.get_attr(vm.ctx.intern_str(name));
    let ours = |name: &str, owner: &Py<PyType>| {
        attribute(name).is_some_and(|found| is_method(&found, name, owner))
    };
    let are_exposed = EXPOSED.iter().all(|name| {
        attribute(name).is_some_and(|found| found.downcast_ref::<ExposedAttribute>().is_some())
    });
    if !are_exposed {
        return None;
    }
    let all_of = |owner: &Py<PyType>| HOOKS.iter().all(|name| ours(name, owner));
    let order = if all_of(queue) {
        Order::Fifo
    } else if all_of(PyLifoQueue::static_type()) {
        Order::Lifo
    } else if all_of(PyPriorityQueue::static_type()) {
        Order::Priority
    } else {
        return None;
    };
    let direct = CALLED.iter().all(|name| ours(name, queue));
    Some(Profile { order, direct })
}

fn is_method(found: &PyObject, name: &str, owner: &Py<PyType>) -> bool {
    found
        .downcast_ref::<PyMethodDescriptor>()
        .is_some_and(|method| {
            method.common.typ.is(owner.as_object()) && method.common.name.as_str() == name
        })
}

/// The items of a queue on the fast path.
#[derive(Debug)]
pub(super) struct Items {
    items: std::collections::VecDeque<PyObjectRef>,
    order: Order,
}

impl Default for Items {
    fn default() -> Self {
        Self::new(Order::Fifo)
    }
}

impl Items {
    pub(super) const fn new(order: Order) -> Self {
        Self {
            items: std::collections::VecDeque::new(),
            order,
        }
    }

    pub(super) fn order(&self) -> Order {
        self.order
    }

    /// All of them, oldest first, or as they lie in the heap.
    pub(super) fn into_vec(self) -> Vec<PyObjectRef> {
        self.items.into()
    }
}

impl Discipline<PyObjectRef> for Items {
    fn push(&mut self, item: PyObjectRef) -> Result<(), PyObjectRef> {
        match self.order {
            Order::Fifo | Order::Lifo => self.items.push_back(item),
            Order::Priority => heap::push(&mut self.items, item)?,
        }
        Ok(())
    }

    fn pop(&mut self) -> Result<Option<PyObjectRef>, Undecided> {
        match self.order {
            Order::Fifo => Ok(self.items.pop_front()),
            Order::Lifo => Ok(self.items.pop_back()),
            Order::Priority => heap::pop(&mut self.items),
        }
    }

    fn len(&self) -> usize {
        self.items.len()
    }

    fn visit(&self, f: &mut dyn FnMut(&PyObjectRef)) {
        self.items.iter().for_each(f);
    }
}
