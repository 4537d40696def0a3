//! `threading.Condition`.

mod held;

use pyt_sched::Deadline;
use pyt_vm::{abort::OrRaise, naming};
use rustpython_vm::{
    AsObject, Py, PyAtomicRef, PyObject, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyFloat, PyInt, PyType},
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Constructor, Initializer, PyComparisonOp, Representable},
};

use crate::{
    args::{
        arguments::{self, Signature},
        fastcall::{HotMethods, hot_methods},
        pickling, timeout,
    },
    modules::thread::locks::{lock::Lock, rlock::RLock},
};

use self::held::{Held, call_optional};
use super::deprecated::warn_deprecated;

/// A condition variable: threads that hold its lock wait until another thread notifies them.
///
/// The lock may be any object with acquire, release and locked; a new RLock if none is given.
#[pyclass(module = "threading", name = "Condition", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(crate) struct Condition {
    /// `None` until `__init__`.
    lock: PyAtomicRef<Option<PyObject>>,
    line: pyt_sched::Condition,
}

// SAFETY: the lock is the only object the payload holds.
unsafe impl Traverse for Condition {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.lock.traverse(visit);
    }
}

impl Condition {
    /// A condition over `lock`.
    pub(crate) fn over(lock: PyObjectRef) -> Self {
        Self {
            lock: PyAtomicRef::from(Some(lock)),
            line: pyt_sched::Condition::new(),
        }
    }

    /// The condition itself, without its lock.
    pub(crate) const fn inner(&self) -> &pyt_sched::Condition {
        &self.line
    }

    /// The lock, unless `__init__` has not run.
    pub(crate) fn lock_if_known(&self) -> Option<&PyObject> {
        self.lock.deref()
    }

    /// A condition over a lock of its own that is not reentrant, as other classes have it inside.
    pub(crate) fn inside(vm: &VirtualMachine) -> PyObjectRef {
        let lock = Lock::default().into_ref(&vm.ctx);
        Self::over(lock.into()).into_ref(&vm.ctx).into()
    }
}

/// The lock as it is.
fn lock_of<'a>(zelf: &'a Py<Condition>, vm: &VirtualMachine) -> PyResult<&'a PyObject> {
    zelf.lock
        .deref()
        .ok_or_else(|| arguments::no_attribute(zelf.as_object(), "_lock", vm))
}

/// The lock, by its kind.
#[inline]
fn held<'a>(zelf: &'a Py<Condition>, vm: &VirtualMachine) -> PyResult<Held<'a>> {
    lock_of(zelf, vm).map(|lock| Held::of(lock, vm))
}

/// Waits for a notification, with the lock released, until `deadline`.
fn wait_until(
    zelf: &Py<Condition>,
    deadline: Option<Deadline>,
    vm: &VirtualMachine,
) -> PyResult<bool> {
    let lock = held(zelf, vm)?;
    let line = &zelf.line;
    let (ended, released) = if let Held::Foreign(_) = lock {
        // Releasing runs Python code, which may wait for other things.
        let place = line.reserve();
        let released = lock.release_save(vm).inspect_err(|_| {
            line.cancel_reserved(&place);
        })?;
        (line.wait_reserved(&place, deadline), released)
    } else {
        let waiter = line.join();
        let released = lock.release_save(vm).inspect_err(|_| line.leave(&waiter))?;
        (line.wait(&waiter, deadline), released)
    };
    let ended = ended.or_raise(vm);
    let restored = released.take_again(vm);
    let notified = ended?;
    restored.map(|()| notified)
}

/// `wait` with Python's timeout.
fn wait_with(
    zelf: &Py<Condition>,
    timeout: Option<&PyObject>,
    vm: &VirtualMachine,
) -> PyResult<bool> {
    if !held(zelf, vm)?.is_owned(vm)? {
        return Err(vm.new_runtime_error("cannot wait on un-acquired lock"));
    }
    let timeout = timeout::wait(timeout, vm)?;
    wait_until(zelf, timeout::deadline(timeout), vm)
}

/// Wakes up to `n` waiters, all if there is no number.
fn notify(zelf: &Py<Condition>, n: Option<&PyObject>, vm: &VirtualMachine) -> PyResult<()> {
    if !held(zelf, vm)?.is_owned(vm)? {
        return Err(vm.new_runtime_error("cannot notify on un-acquired lock"));
    }
    if !zelf.line.was_joined() {
        return Ok(());
    }
    // A waiter may have left when its time was up: that there is none is something to find out.
    if zelf.line.waiting() == 0 {
        zelf.line.notify(0);
        return Ok(());
    }
    let n = n.map_or(Ok(usize::MAX), |n| how_many(n, vm))?;
    zelf.line.notify(n);
    Ok(())
}

/// How often a number can be counted down before it is no longer positive.
fn how_many(n: &PyObject, vm: &VirtualMachine) -> PyResult<usize> {
    if let Some(n) = n.downcast_ref::<PyInt>() {
        return Ok(match n.try_to_primitive::<i64>(vm) {
            Ok(n) => usize::try_from(n).unwrap_or(0),
            Err(_) if n.as_bigint() > &0.into() => usize::MAX,
            Err(_) => 0,
        });
    }
    if let Some(n) = n.downcast_ref::<PyFloat>() {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "less than one thread is none, and more than a usize is all"
        )]
        return Ok(n.to_f64().ceil() as usize);
    }
    let zero = vm.ctx.new_int(0);
    if !n.rich_compare_bool(zero.as_object(), PyComparisonOp::Gt, vm)? {
        return Ok(0);
    }
    how_many(n.try_index(vm)?.as_object(), vm)
}

#[pyclass(
    with(Constructor, HotMethods, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl Condition {
    /// Takes the lock, with the lock's own arguments.
    #[pymethod]
    fn acquire(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        Ok(match held(zelf, vm)? {
            Held::Lock(lock) => {
                let taken = args.is_empty() && lock.inner().acquire_fast()
                    || lock.to_owned().acquire_with(args, vm)?;
                vm.ctx.new_bool(taken).into()
            }
            Held::RLock(lock) => {
                let taken = args.is_empty() && lock.inner().acquire_fast()
                    || lock.to_owned().acquire_with(args, vm)?;
                vm.ctx.new_bool(taken).into()
            }
            Held::Foreign(lock) => vm.call_method(lock, "acquire", args)?,
        })
    }

    /// Frees the lock.
    #[pymethod]
    fn release(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        match held(zelf, vm)? {
            Held::Lock(lock) => {
                arguments::none_builtin("lock.release", &args, vm)?;
                lock.release_now(vm)?;
            }
            Held::RLock(lock) => {
                arguments::none_builtin("RLock.release", &args, vm)?;
                lock.release_now(vm)?;
            }
            Held::Foreign(lock) => return vm.call_method(lock, "release", args),
        }
        Ok(vm.ctx.none())
    }

    /// Whether a thread holds the lock.
    #[pymethod]
    fn locked(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        vm.call_method(lock_of(zelf, vm)?, "locked", args)
    }

    /// Takes the lock.
    #[pymethod]
    fn __enter__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        arguments::none("Condition.__enter__", &args, vm)?;
        match held(zelf, vm)? {
            Held::Foreign(lock) => vm.call_method(lock, "__enter__", ()),
            _ => Self::acquire(zelf, args, vm),
        }
    }

    /// Frees the lock.
    #[pymethod]
    fn __exit__(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        match held(zelf, vm)? {
            Held::Lock(lock) => lock.release_now(vm)?,
            Held::RLock(lock) => lock.release_now(vm)?,
            Held::Foreign(lock) => return vm.call_method(lock, "__exit__", args),
        }
        Ok(vm.ctx.none())
    }

    /// Frees the lock, waits until notified or until timeout seconds have passed, and takes the
    /// lock again. Returns whether it was notified.
    #[pymethod]
    fn wait(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let [timeout] = Signature::python("Condition.wait", ["timeout"], 0).bind(args, vm)?;
        wait_with(zelf, timeout.as_deref(), vm)
    }

    /// Waits until the predicate returns something true or until timeout seconds have passed.
    /// Returns what the predicate returned last.
    #[pymethod]
    fn wait_for(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let [predicate, timeout] =
            Signature::python("Condition.wait_for", ["predicate", "timeout"], 1).bind(args, vm)?;
        let predicate = predicate.unwrap_or_else(|| vm.ctx.none());
        let timeout = arguments::given(timeout, vm);
        let mut result = predicate.call((), vm)?;
        let mut end: Option<Deadline> = None;
        while !result.clone().try_to_bool(vm)? {
            let mut left = timeout.clone();
            if timeout.is_some() {
                if let Some(end) = end {
                    let now = Deadline::after(std::time::Duration::ZERO);
                    if now >= end {
                        break;
                    }
                    left = Some(vm.ctx.new_float((end.0 - now.0) as f64 * 1e-9).into());
                } else {
                    timeout::addable(timeout.as_deref(), vm)?;
                    // The wait refuses a bad timeout: it checks the lock first.
                    end = timeout::wait(timeout.as_deref(), vm)
                        .ok()
                        .and_then(timeout::deadline);
                }
            }
            if zelf.class().is(Self::class(&vm.ctx)) {
                match end {
                    Some(end) if held(zelf, vm)?.is_owned(vm)? => {
                        wait_until(zelf, Some(end), vm)?;
                    }
                    _ => {
                        wait_with(zelf, left.as_deref(), vm)?;
                    }
                }
            } else {
                let left = left.unwrap_or_else(|| vm.ctx.none());
                vm.call_method(zelf.as_object(), "wait", (left,))?;
            }
            result = predicate.call((), vm)?;
        }
        Ok(result)
    }

    /// Wakes up to n threads that wait, first come first.
    #[pymethod]
    fn notify(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let [n] = Signature::python("Condition.notify", ["n"], 0).bind(args, vm)?;
        match n {
            Some(n) => notify(zelf, Some(&n), vm),
            None => notify(zelf, Some(vm.ctx.new_int(1).as_object()), vm),
        }
    }

    /// Wakes all threads that wait.
    #[pymethod]
    fn notify_all(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Condition.notify_all", &args, vm)?;
        notify(zelf, None, vm)
    }

    /// The old name of notify_all, which is deprecated.
    #[pymethod(name = "notifyAll")]
    fn notify_all_deprecated(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Condition.notifyAll", &args, vm)?;
        warn_deprecated("notifyAll() is deprecated, use notify_all() instead", vm)?;
        vm.call_method(zelf.as_object(), "notify_all", ()).map(drop)
    }

    #[pymethod]
    fn _is_owned(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<bool> {
        arguments::none("Condition._is_owned", &args, vm)?;
        held(zelf, vm)?.is_owned(vm)
    }

    #[pymethod]
    fn _release_save(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        arguments::none("Condition._release_save", &args, vm)?;
        let lock = lock_of(zelf, vm)?;
        match call_optional(lock, "_release_save", vec![], vm)? {
            Some(state) => Ok(state),
            None => {
                vm.call_method(lock, "release", ())?;
                Ok(vm.ctx.none())
            }
        }
    }

    #[pymethod]
    fn _acquire_restore(zelf: &Py<Self>, state: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let lock = lock_of(zelf, vm)?;
        if call_optional(lock, "_acquire_restore", vec![state], vm)?.is_none() {
            vm.call_method(lock, "acquire", ())?;
        }
        Ok(())
    }

    #[pymethod]
    fn _at_fork_reinit(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Condition._at_fork_reinit", &args, vm)?;
        vm.call_method(lock_of(zelf, vm)?, "_at_fork_reinit", ())?;
        zelf.line.reset_after_fork();
        Ok(())
    }

    #[pygetset]
    fn _lock(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        lock_of(zelf, vm).map(PyObject::to_owned)
    }

    /// As long as the line of waiters: what is in it is not for Python's eyes.
    #[pygetset]
    fn _waiters(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let waiters = vec![vm.ctx.none(); zelf.line.waiting()];
        let deque = vm.import("_collections", 0)?.get_attr("deque", vm)?;
        deque.call((vm.ctx.new_list(waiters),), vm)
    }

    /// It is the lock that cannot be pickled.
    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        vm.call_method(lock_of(zelf, vm)?, "__getstate__", ())?;
        pickling::refuse(zelf.as_object(), vm)
    }
}

hot_methods!(Condition: acquire, release, __enter__, __exit__, wait, notify, notify_all);

impl Constructor for Condition {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            lock: PyAtomicRef::from(None::<PyObjectRef>),
            line: pyt_sched::Condition::new(),
        })
    }
}

impl Initializer for Condition {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let [lock] = Signature::python("Condition.__init__", ["lock"], 0).bind(args, vm)?;
        let lock = match arguments::given(lock, vm) {
            Some(lock) => {
                if lock.downcast_ref::<RLock>().is_none() && lock.downcast_ref::<Lock>().is_none() {
                    for name in ["acquire", "release", "locked"] {
                        lock.get_attr(name, vm)?;
                    }
                }
                lock
            }
            None => RLock::default().into_ref(&vm.ctx).into(),
        };
        zelf.lock.swap_to_temporary_refs(Some(lock), vm);
        naming::made(zelf.as_object());
        Ok(())
    }
}

impl Representable for Condition {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let lock = lock_of(zelf, vm)?.str(vm)?;
        let waiting = zelf.line.query().waiting();
        Ok(format!("<Condition({lock}, {waiting})>"))
    }
}

/// What this file adds to the module `threading`.
#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod condition {
    use rustpython_vm::{VirtualMachine, builtins::PyTypeRef, class::PyClassImpl};

    #[pyattr(name = "Condition")]
    fn condition_type(_vm: &VirtualMachine) -> PyTypeRef {
        super::Condition::make_static_type()
    }
}
