//! `ThreadPoolExecutor.submit`.
//!
//! It goes through the executor's attributes as the standard library's does. Where one of them is
//! not what the library puts there, or the work is refused, the library's own function is called.

use std::sync::atomic::Ordering;

use pyt_vm::abort::OrRaise;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyDictRef, PyStrInterned, PyType},
    class::StaticType,
    function::FuncArgs,
};

use super::{
    future::PyFuture,
    item::WorkItem,
    parts::{Called, Parts, StandIn},
};
use crate::modules::{
    queue::simple::PySimpleQueue, thread::locks::lock::Lock, threading::semaphore::Semaphore,
};

/// Puts the native function into the class of `module`.
pub(super) fn install(
    parts: &PyRef<Parts>,
    module: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let pool = module.get_attr("ThreadPoolExecutor", vm)?;
    let original = pool.get_attr("submit", vm)?;
    let submit = StandIn::new(parts, original, submit).into_ref(&vm.ctx);
    pool.set_attr("submit", submit, vm)
}

/// Whether the class of an executor leaves alone what `submit` works through.
fn is_plain(parts: &Parts, class: &Py<PyType>) -> bool {
    let version = class.tp_version_tag().load(Ordering::Acquire);
    if version != 0 && version == parts.plain_version.load(Ordering::Relaxed) {
        return true;
    }
    let names = &parts.names;
    let reads_attributes =
        |class: &Py<PyType>| class.slots().getattro.load().map(|get| get as usize);
    let adjusts = class
        .get_attr(names.adjust)
        .is_some_and(|adjust| adjust.is(&parts.adjust));
    let in_objects = [
        names.broken,
        names.idle,
        names.lock,
        names.queue,
        names.resolve,
        names.shutdown,
    ];
    let is_plain = adjusts
        && reads_attributes(class) == reads_attributes(&parts.pool)
        && in_objects.iter().all(|name| class.get_attr(name).is_none());
    if is_plain {
        let version = class.tp_version_tag().load(Ordering::Acquire);
        parts.plain_version.store(version, Ordering::Relaxed);
    }
    is_plain
}

/// The attributes of an executor that is as the standard library makes it.
struct Tools {
    attributes: PyDictRef,
    lock: PyRef<Lock>,
    global_lock: PyRef<Lock>,
    queue: PyRef<PySimpleQueue>,
    idle: PyRef<Semaphore>,
}

/// The value of `name`, if it is of this very class.
fn exact<T: PyPayload>(
    attributes: &PyDictRef,
    name: &'static PyStrInterned,
    vm: &VirtualMachine,
) -> Option<PyRef<T>> {
    let value = attributes.get_item_opt(name, vm).ok()??;
    let is_exact = value.class().is(T::class(&vm.ctx));
    value.downcast().ok().filter(|_| is_exact)
}

impl Tools {
    fn of(parts: &Parts, executor: &PyObject, vm: &VirtualMachine) -> Option<Self> {
        if !is_plain(parts, executor.class()) {
            return None;
        }
        let names = &parts.names;
        let attributes = executor.dict()?;
        if attributes.get_item_opt(names.adjust, vm).ok()?.is_some() {
            return None;
        }
        let resolve = attributes.get_item_opt(names.resolve, vm).ok()??;
        let is_function = resolve.class().is(vm.ctx.types.function_type);
        if !is_function || !resolve.get_attr("__code__", vm).ok()?.is(&parts.resolve) {
            return None;
        }
        let future = parts.base.get_item_opt(names.future, vm).ok()??;
        if !future.is(PyFuture::static_type()) {
            return None;
        }
        Some(Self {
            lock: exact(&attributes, names.lock, vm)?,
            global_lock: exact(&parts.module, names.global_lock, vm)?,
            queue: exact(&attributes, names.queue, vm)?,
            idle: exact(&attributes, names.idle, vm)?,
            attributes,
        })
    }

    /// Whether the executor takes work, as far as these fields say.
    fn takes_work(&self, parts: &Parts, vm: &VirtualMachine) -> bool {
        let names = &parts.names;
        let is_false = |attributes: &PyDictRef, name| {
            let value = attributes.get_item_opt(name, vm).ok().flatten();
            value.is_some_and(|value| value.is(&vm.ctx.false_value))
        };
        is_false(&self.attributes, names.broken)
            && is_false(&self.attributes, names.shutdown)
            && is_false(&parts.module, names.shutdown)
    }
}

/// A lock from `with` to the end of its block.
struct Held<'a>(&'a pyt_sched::Lock);

impl<'a> Held<'a> {
    fn take(lock: &'a Lock, vm: &VirtualMachine) -> PyResult<Self> {
        let taken = lock.inner().acquire_scoped();
        taken.or_raise(vm)?;
        Ok(Self(lock.inner()))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Any thread may have released it meanwhile.
        let _ = self.0.release();
    }
}

fn submit(parts: &Parts, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult<Called> {
    let executor = match args.args.as_slice() {
        [executor, _, ..] => executor.clone(),
        _ => return Ok(Called::NotMine(args)),
    };
    let Some(tools) = Tools::of(parts, &executor, vm) else {
        return Ok(Called::NotMine(args));
    };
    let lock = Held::take(&tools.lock, vm)?;
    let global_lock = Held::take(&tools.global_lock, vm)?;
    if !tools.takes_work(parts, vm) {
        drop(global_lock);
        drop(lock);
        return Ok(Called::NotMine(args));
    }
    let future = PyFuture::new(vm);
    let Some(function) = args.args.drain(..2).nth(1) else {
        return Ok(Called::NotMine(args));
    };
    let item = WorkItem::call(future.clone(), function, args).into_ref(&vm.ctx);
    let item: PyObjectRef = item.into();
    tools.queue.inner().put(item);
    if !tools.idle.inner().try_acquire() {
        parts.adjust.call((executor,), vm)?;
    }
    drop(global_lock);
    drop(lock);
    Ok(Called::Done(future.into()))
}
