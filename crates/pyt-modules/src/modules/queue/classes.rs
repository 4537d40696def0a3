//! `Queue`; those that order their items in another way are in `ordered`.
//!
//! A queue starts on the *fast path*: `put` and `get` are the scheduler's, and cost little. It
//! *falls back* when Python code reaches for what it could see or replace in CPython's (see
//! `attributes` and `fast`); from then on, `fallback` does the work.

use std::sync::{
    OnceLock,
    atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering},
};

use pyt_sched::{
    GetError, JoinError, PutError, QueueState, RLock, TaskDoneError, controlled::current_number,
};
use pyt_vm::{abort::abort_exception, naming};
use rustpython_vm::{
    AsObject, Context, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{
        PyDictRef, PyGenericAlias, PyInt, PyStr, PyType, PyTypeRef, object_generic_set_dict,
    },
    function::{FuncArgs, KwArgs, PySetterValue},
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Constructor, Initializer, SetAttr},
};

use super::{
    args::{
        EmptyArgs, FullArgs, GetArgs, GetNowaitArgs, InitArgs, JoinArgs, PutArgs, PutNowaitArgs,
        QsizeArgs, ShutdownArgs, TaskDoneArgs,
    },
    attributes,
    blocking::{Blocking, Wait},
    errors, fallback,
    fast::{Items, Order, Profile, profile},
};
use crate::args::fastcall::{HotMethods, hot_methods};

/// What a queue object works with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Phase {
    /// Its constructor has not run: with whatever attributes the object has.
    New = 0,
    /// With the scheduler's queue.
    Fast = 1,
    /// With the attributes that CPython's constructor sets.
    Fallback = 2,
}

/// A queue whose attributes Python code has not asked for.
pub(super) struct FastQueue {
    pub(super) queue: pyt_sched::Queue<PyObjectRef, Items>,
    pub(super) maxsize: i64,
    order: Order,
}

/// A queue for several threads, first in, first out.
///
/// At most maxsize items are in it at a time; any number if maxsize is zero or less.
#[pyclass(module = "queue", name = "Queue", traverse = "manual")]
#[derive(PyPayload)]
pub(crate) struct PyQueue {
    phase: AtomicU8,
    /// The version of the object's class for which `direct` holds and nothing is overridden.
    class_version: AtomicU32,
    direct: AtomicBool,
    fast: OnceLock<FastQueue>,
    /// Held while the queue falls back.
    pub(super) falling_back: RLock,
}

impl std::fmt::Debug for PyQueue {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}

// SAFETY: each item is visited once. The items' lock is never held by a thread that is stopped:
// nothing in it can stop, and no Python code runs in it.
unsafe impl Traverse for PyQueue {
    fn traverse(&self, traverse_fn: &mut TraverseFn<'_>) {
        if let Some(fast) = self.fast.get() {
            fast.queue.visit(|item| item.traverse(traverse_fn));
        }
    }

    fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
        if let Some(taken) = self.fast.get().and_then(|fast| fast.queue.move_out()) {
            out.extend(taken.items.into_vec());
        }
    }
}

impl PyQueue {
    pub(super) fn set_phase(&self, phase: Phase) {
        self.phase.store(phase as u8, Ordering::Release);
    }

    /// The scheduler's queue, as long as the object works with that.
    #[inline]
    pub(super) fn fast(&self) -> Option<&FastQueue> {
        if self.phase.load(Ordering::Acquire) == Phase::Fast as u8 {
            self.fast.get()
        } else {
            None
        }
    }

    fn know(&self, class: &Py<PyType>, profile: Profile) {
        self.direct.store(profile.direct, Ordering::Relaxed);
        let version = class.tp_version_tag().load(Ordering::Acquire);
        self.class_version.store(version, Ordering::Relaxed);
    }
}

/// The scheduler's queue, if it is to be used now: the object falls back if its class has changed
/// so that the fast path would pass over an override.
#[inline]
fn usable<'a>(queue: &'a Py<PyQueue>, vm: &VirtualMachine) -> PyResult<Option<&'a FastQueue>> {
    let Some(fast) = queue.fast() else {
        return Ok(None);
    };
    let version = queue.class().tp_version_tag().load(Ordering::Acquire);
    if version != 0 && version == queue.class_version.load(Ordering::Relaxed) {
        return Ok(Some(fast));
    }
    recheck(queue, fast, vm)
}

#[cold]
fn recheck<'a>(
    queue: &Py<PyQueue>,
    fast: &'a FastQueue,
    vm: &VirtualMachine,
) -> PyResult<Option<&'a FastQueue>> {
    if let Some(profile) = profile(queue.class(), vm) {
        queue.know(queue.class(), profile);
        return Ok(Some(fast));
    }
    attributes::fall_back(queue, vm)?;
    Ok(None)
}

fn put(
    queue: &Py<PyQueue>,
    item: PyObjectRef,
    mut blocking: Blocking,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let Some(fast) = usable(queue, vm)? else {
        return fallback::put(queue, item, blocking, vm);
    };
    let fifo = &fast.queue;
    if fifo.capacity().is_some()
        && blocking.has_timeout(vm)
        && let Err(error) = blocking.check(vm)
    {
        // That the queue is shut down weighs more than what is wrong with a timeout.
        let shut_down = fifo.state().is_some_and(|state| state.shut_down);
        return Err(if shut_down {
            errors::shut_down(vm)
        } else {
            error
        });
    }
    // In a run, a `put` that may wait without end is one step.
    let mut done = if blocking.is_endless(vm) && current_number().is_some() {
        fifo.put(item, None)
    } else {
        fifo.try_put(item)
    };
    if let Err(PutError::Full(item)) = done {
        done = match blocking.wait(vm)? {
            Wait::No => return Err(errors::full(vm)),
            Wait::Bad(bad) => return Err(bad.raise(vm)),
            Wait::Forever => fifo.put(item, None),
            Wait::Until(deadline) => fifo.put(item, Some(deadline)),
        };
    }
    match done {
        Ok(()) => Ok(()),
        Err(PutError::Full(_)) => Err(errors::full(vm)),
        Err(PutError::ShutDown(_)) => Err(errors::shut_down(vm)),
        Err(PutError::Moved(item)) => fallback::put(queue, item, blocking, vm),
        Err(PutError::Undecided(item)) => {
            attributes::fall_back(queue, vm)?;
            fallback::put(queue, item, blocking, vm)
        }
        Err(PutError::Aborted(_, gave_up)) => Err(abort_exception(gave_up, vm)),
    }
}

fn get(queue: &Py<PyQueue>, mut blocking: Blocking, vm: &VirtualMachine) -> PyResult {
    let or_none = |item: Option<PyObjectRef>| item.unwrap_or_else(|| vm.ctx.none());
    let Some(fast) = usable(queue, vm)? else {
        return fallback::get(queue, blocking, vm).map(or_none);
    };
    let fifo = &fast.queue;
    if blocking.has_timeout(vm)
        && let Err(error) = blocking.check(vm)
    {
        let is_over = |state: QueueState| state.shut_down && state.len == 0;
        return Err(if fifo.state().is_some_and(is_over) {
            errors::shut_down(vm)
        } else {
            error
        });
    }
    // As in `put`.
    let mut done = if blocking.is_endless(vm) && current_number().is_some() {
        fifo.get(None)
    } else {
        fifo.try_get()
    };
    if matches!(done, Err(GetError::Empty)) {
        done = match blocking.wait(vm)? {
            Wait::No => return Err(errors::empty(vm)),
            Wait::Bad(bad) => return Err(bad.raise(vm)),
            Wait::Forever => fifo.get(None),
            Wait::Until(deadline) => fifo.get(Some(deadline)),
        };
    }
    match done {
        Ok(item) => Ok(item),
        Err(GetError::Empty) => Err(errors::empty(vm)),
        Err(GetError::ShutDown) => Err(errors::shut_down(vm)),
        Err(GetError::Moved) => fallback::get(queue, blocking, vm).map(or_none),
        Err(GetError::Undecided) => {
            attributes::fall_back(queue, vm)?;
            fallback::get(queue, blocking, vm).map(or_none)
        }
        Err(GetError::Aborted(gave_up)) => Err(abort_exception(gave_up, vm)),
    }
}

hot_methods!(PyQueue: put, get, put_nowait, get_nowait, task_done, qsize, empty, full);

/// The address by which the scheduler knows the queue, if `object` is one whose attributes the
/// program has not asked for.
pub(crate) fn address_in(object: &PyObject) -> Option<usize> {
    let queue = object.downcast_ref::<PyQueue>()?;
    queue
        .fast
        .get()
        .map(|fast| std::ptr::from_ref(&fast.queue).addr())
}

impl Constructor for PyQueue {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: Self::Args, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            phase: AtomicU8::new(Phase::New as u8),
            class_version: AtomicU32::new(0),
            direct: AtomicBool::new(false),
            fast: OnceLock::new(),
            falling_back: RLock::new(),
        })
    }
}

impl Initializer for PyQueue {
    type Args = InitArgs;

    fn init(zelf: &Py<Self>, args: Self::Args, vm: &VirtualMachine) -> PyResult<()> {
        let maxsize = args.maxsize.unwrap_or_else(|| vm.ctx.new_int(0).into());
        let size = maxsize
            .downcast_ref_if_exact::<PyInt>(vm)
            .and_then(|int| i64::try_from(int.as_bigint()).ok());
        let phase = zelf.phase.load(Ordering::Acquire);
        if phase == Phase::New as u8
            && let Some(size) = size
            && let Some(profile) = profile(zelf.class(), vm)
            && !attributes::has_own(zelf, vm)?
        {
            let capacity = usize::try_from(size).ok().filter(|size| *size > 0);
            let fast = FastQueue {
                queue: pyt_sched::Queue::with_items(Items::new(profile.order), capacity),
                maxsize: size,
                order: profile.order,
            };
            if zelf.fast.set(fast).is_ok() {
                zelf.know(zelf.class(), profile);
                zelf.set_phase(Phase::Fast);
                naming::made(zelf.as_object());
                return Ok(());
            }
        }
        attributes::fall_back(zelf, vm)?;
        fallback::init(zelf, maxsize, vm)?;
        zelf.set_phase(Phase::Fallback);
        Ok(())
    }
}

impl SetAttr for PyQueue {
    fn setattro(
        zelf: &Py<Self>,
        name: &Py<PyStr>,
        value: PySetterValue,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        attributes::write(zelf, name, value, vm)
    }
}

#[pyclass(
    with(Constructor, HotMethods, Initializer, SetAttr),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyQueue {
    /// Adds an item, waiting for room if block is true: for ever, or for timeout seconds.
    ///
    /// Raises Full if there is no room in time, and ShutDown if the queue has been shut down.
    #[pymethod]
    fn put(zelf: &Py<Self>, args: PutArgs, vm: &VirtualMachine) -> PyResult<()> {
        let PutArgs {
            item,
            block,
            timeout,
        } = args;
        put(zelf, item, Blocking::Given { block, timeout }, vm)
    }

    /// Takes an item out, waiting for one if block is true: for ever, or for timeout seconds.
    ///
    /// Raises Empty if there is no item in time, and ShutDown if the queue has been shut down and
    /// is empty.
    #[pymethod]
    fn get(zelf: &Py<Self>, args: GetArgs, vm: &VirtualMachine) -> PyResult {
        let GetArgs { block, timeout } = args;
        get(zelf, Blocking::Given { block, timeout }, vm)
    }

    /// As put(item, block=False).
    #[pymethod]
    fn put_nowait(zelf: &Py<Self>, args: PutNowaitArgs, vm: &VirtualMachine) -> PyResult {
        if usable(zelf, vm)?.is_some() && zelf.direct.load(Ordering::Relaxed) {
            return put(zelf, args.item, Blocking::Known(Wait::No), vm).map(|()| vm.ctx.none());
        }
        let args = FuncArgs::new(vec![args.item], not_blocking(vm));
        vm.call_method(zelf.as_object(), "put", args)
    }

    /// As get(block=False).
    #[pymethod]
    fn get_nowait(zelf: &Py<Self>, _args: GetNowaitArgs, vm: &VirtualMachine) -> PyResult {
        if usable(zelf, vm)?.is_some() && zelf.direct.load(Ordering::Relaxed) {
            return get(zelf, Blocking::Known(Wait::No), vm);
        }
        let args = FuncArgs::new(Vec::new(), not_blocking(vm));
        vm.call_method(zelf.as_object(), "get", args)
    }

    /// Says that the work on one item that was taken out is done.
    ///
    /// Raises ValueError if that was said of all items before.
    #[pymethod]
    fn task_done(zelf: &Py<Self>, _args: TaskDoneArgs, vm: &VirtualMachine) -> PyResult<()> {
        let Some(fast) = usable(zelf, vm)? else {
            return fallback::task_done(zelf, vm);
        };
        match fast.queue.task_done() {
            Ok(()) => Ok(()),
            Err(TaskDoneError::TooMany) => Err(errors::too_many_done(vm)),
            Err(TaskDoneError::Moved) => fallback::task_done(zelf, vm),
        }
    }

    /// Waits until the work on every item that was put in is done.
    #[pymethod]
    fn join(zelf: &Py<Self>, _args: JoinArgs, vm: &VirtualMachine) -> PyResult<()> {
        let Some(fast) = usable(zelf, vm)? else {
            return fallback::join(zelf, vm);
        };
        match fast.queue.join(None) {
            Ok(_) => Ok(()),
            Err(JoinError::Moved) => fallback::join(zelf, vm),
            Err(JoinError::Aborted(gave_up)) => Err(abort_exception(gave_up, vm)),
        }
    }

    /// How many items there are now; other threads may change that at any time.
    #[pymethod]
    fn qsize(zelf: &Py<Self>, _args: QsizeArgs, vm: &VirtualMachine) -> PyResult {
        match usable(zelf, vm)?.and_then(|fast| fast.queue.state()) {
            Some(state) => Ok(vm.ctx.new_int(state.len).into()),
            None => fallback::qsize(zelf, vm).map(|size| size.unwrap_or_else(|| vm.ctx.none())),
        }
    }

    /// Whether there are no items now; other threads may change that at any time.
    #[pymethod]
    fn empty(zelf: &Py<Self>, _args: EmptyArgs, vm: &VirtualMachine) -> PyResult<bool> {
        match usable(zelf, vm)?.and_then(|fast| fast.queue.state()) {
            Some(state) => Ok(state.len == 0),
            None => fallback::empty(zelf, vm),
        }
    }

    /// Whether there is no room now; other threads may change that at any time.
    #[pymethod]
    fn full(zelf: &Py<Self>, _args: FullArgs, vm: &VirtualMachine) -> PyResult<bool> {
        if let Some(fast) = usable(zelf, vm)?
            && let Some(state) = fast.queue.state()
        {
            return Ok(fast.queue.capacity().is_some_and(|most| state.len >= most));
        }
        fallback::full(zelf, vm)
    }

    /// Shuts the queue down: from now on put raises ShutDown, and so does get once the queue is
    /// empty, in threads that wait as well.
    ///
    /// With immediate the items that are left are taken out and count as done.
    #[pymethod]
    fn shutdown(zelf: &Py<Self>, args: ShutdownArgs, vm: &VirtualMachine) -> PyResult<()> {
        if let Some(fast) = usable(zelf, vm)? {
            let immediate = match &args.immediate {
                Some(immediate) => immediate.clone().try_to_bool(vm)?,
                None => false,
            };
            if immediate && fast.order == Order::Priority {
                // Items that can't be ordered here are taken out in their order all the same.
                attributes::fall_back(zelf, vm)?;
            }
            // The items die here, outside the queue's lock: their finalizers may use it.
            if fast.queue.shut_down(immediate).is_ok() {
                return Ok(());
            }
        }
        fallback::shut_down(zelf, args.immediate.as_deref(), vm)
    }

    /// Makes self.queue, which the other three work with.
    #[pymethod]
    fn _init(zelf: PyObjectRef, _maxsize: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let deque = vm.import("collections", 0)?.get_attr("deque", vm)?;
        zelf.set_attr("queue", deque.call((), vm)?, vm)
    }

    /// How many items are in self.queue.
    #[pymethod]
    fn _qsize(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        zelf.get_attr("queue", vm)?.length(vm)
    }

    /// Puts an item into self.queue.
    #[pymethod]
    fn _put(zelf: PyObjectRef, item: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        vm.call_method(&*zelf.get_attr("queue", vm)?, "append", (item,))
            .map(drop)
    }

    /// Takes an item out of self.queue.
    #[pymethod]
    fn _get(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult {
        vm.call_method(&*zelf.get_attr("queue", vm)?, "popleft", ())
    }

    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        attributes::fall_back(zelf, vm)?;
        let object = vm.ctx.types.object_type.to_owned();
        vm.call_method(object.as_object(), "__getstate__", (zelf.to_owned(),))
    }

    #[pygetset]
    fn __dict__(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<PyDictRef> {
        attributes::dict(&zelf, vm)
    }

    #[pygetset(setter)]
    fn set___dict__(zelf: PyRef<Self>, value: PySetterValue, vm: &VirtualMachine) -> PyResult<()> {
        attributes::fall_back(&zelf, vm)?;
        object_generic_set_dict(zelf.into(), value, vm)
    }

    #[pyclassmethod]
    fn __class_getitem__(
        cls: PyTypeRef,
        item: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<PyGenericAlias> {
        PyGenericAlias::from_args(cls, item, vm)
    }

    #[extend_class]
    fn extend_class_with_exposed_attributes(ctx: &Context, class: &'static Py<PyType>) {
        attributes::expose_attributes(ctx, class);
    }
}

/// `block=False`
fn not_blocking(vm: &VirtualMachine) -> KwArgs {
    std::iter::once(("block", vm.ctx.new_bool(false).into())).collect()
}
