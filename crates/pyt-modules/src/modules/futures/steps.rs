//! The steps of a future's life: the operations on it, and what each notifies.
//!
//! Knows nothing of how Python calls them: that is `future`'s.

use std::time::Duration;

use pyt_sched::{
    Deadline, WaitKind,
    controlled::{Action, current_number},
};
use pyt_vm::abort::OrRaise;
use rustpython_vm::{AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine};

use super::{
    future::PyFuture,
    log,
    state::{Fields, Outcome, State},
};
use crate::args::{arguments, timeout};

/// What an operation has done to the fields.
pub(super) struct Change<R> {
    pub(super) answer: R,
    /// Whether waiting threads are woken.
    pub(super) notify: bool,
    /// The method of the entries of `_waiters` that is called.
    pub(super) waiter_method: Option<&'static str>,
}

impl<R> Change<R> {
    /// Nothing that a thread could wait for.
    pub(super) const fn quiet(answer: R) -> Self {
        Self {
            answer,
            notify: false,
            waiter_method: None,
        }
    }
}

/// `with condition: body()`
fn within<R>(
    condition: &PyObject,
    vm: &VirtualMachine,
    body: impl FnOnce() -> PyResult<R>,
) -> PyResult<R> {
    vm.call_method(condition, "__enter__", ())?;
    let done = body();
    let (kind, value, trace) = match &done {
        Ok(_) => (vm.ctx.none(), vm.ctx.none(), vm.ctx.none()),
        Err(raised) => vm.split_exception(raised.clone()),
    };
    let left = vm.call_method(condition, "__exit__", (kind, value, trace));
    let done = done?;
    left.map(|_| done)
}

/// Does `work` to the fields, in one step, and notifies what waits.
pub(super) fn change<R>(
    zelf: &Py<PyFuture>,
    action: Action,
    vm: &VirtualMachine,
    work: impl FnOnce(&mut Fields) -> Change<R>,
) -> PyResult<R> {
    zelf.announce(action);
    {
        let mut fields = zelf.fields.lock();
        if fields.is_plain() {
            let change = work(&mut fields);
            drop(fields);
            if change.notify {
                zelf.settled.set_now();
            }
            return Ok(change.answer);
        }
    }
    let condition = zelf.condition(vm);
    within(&condition, vm, || {
        let change = work(&mut zelf.fields.lock());
        if let Some(method) = change.waiter_method {
            let waiters = zelf.fields.lock().waiters.clone();
            if let Some(waiters) = waiters {
                for waiter in waiters.try_to_value::<Vec<PyObjectRef>>(vm)? {
                    vm.call_method(&waiter, method, (zelf.to_owned(),))?;
                }
            }
        }
        if change.notify {
            vm.call_method(&condition, "notify_all", ())?;
        }
        Ok(change.answer)
    })
}

/// Reads the state as others leave it.
pub(super) fn look(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<State> {
    change(zelf, Action::Query, vm, |fields| {
        Change::quiet(fields.state)
    })
}

/// What comes after the end: the callbacks of the object's class.
pub(super) fn invoke_callbacks(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<()> {
    if PyFuture::is_direct(zelf.as_object()).is_some() {
        run_callbacks(zelf, vm)
    } else {
        vm.call_method(zelf.as_object(), "_invoke_callbacks", ())
            .map(drop)
    }
}

pub(super) fn run_callbacks(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<()> {
    // Callbacks may add others, in which case those run as well.
    for place in 0.. {
        let (callback, list) = {
            let fields = zelf.fields.lock();
            let list = fields.callback_list.clone();
            (fields.callbacks.get(place).cloned(), list)
        };
        let callback = match list {
            Some(list) if place < list.length(vm)? => Some(list.get_item(&place, vm)?),
            Some(_) => None,
            None => callback,
        };
        match callback {
            Some(callback) => run_callback(zelf, &callback, vm)?,
            None => break,
        }
    }
    Ok(())
}

pub(super) fn run_callback(
    zelf: &Py<PyFuture>,
    callback: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<()> {
    match callback.call((zelf.to_owned(),), vm) {
        Ok(_) => Ok(()),
        Err(raised) if raised.fast_isinstance(vm.ctx.exceptions.exception_type) => {
            let message = "exception calling callback for %r";
            let args = vec![zelf.to_owned().into()];
            log::log("exception", message, args, Some(raised), vm)
        }
        Err(raised) => Err(raised),
    }
}

/// Adds a callback to the list that a program has asked for. False: the work is over.
pub(super) fn append_callback(
    zelf: &Py<PyFuture>,
    callback: &PyObject,
    vm: &VirtualMachine,
) -> PyResult<bool> {
    within(&zelf.condition(vm), vm, || {
        let list = {
            let fields = zelf.fields.lock();
            let is_done = fields.state.is_done();
            fields.callback_list.clone().filter(|_| !is_done)
        };
        match list {
            Some(list) => vm
                .call_method(&list, "append", (callback.to_owned(),))
                .map(|_| true),
            None => Ok(false),
        }
    })
}

/// Ends the work: `end` puts what came of it into the fields.
fn finish(
    zelf: &Py<PyFuture>,
    tell: &'static str,
    vm: &VirtualMachine,
    end: impl FnOnce(&mut Fields) -> Option<PyObjectRef>,
) -> PyResult<()> {
    let ended = change(zelf, Action::Set, vm, |fields| {
        if fields.state.is_done() {
            return Change::quiet(Err(fields.state));
        }
        let old = end(fields);
        fields.state = State::Finished;
        Change {
            answer: Ok(old),
            notify: true,
            waiter_method: Some(tell),
        }
    })?;
    match ended {
        Ok(old) => drop(old),
        Err(state) => {
            let shown = zelf.as_object().repr(vm)?;
            let message = format!("{}: {shown}", state.name().unwrap_or_default());
            return Err(log::error("InvalidStateError", Some(message), vm));
        }
    }
    invoke_callbacks(zelf, vm)
}

/// `set_result`
pub(super) fn set_result(
    zelf: &Py<PyFuture>,
    result: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    finish(zelf, "add_result", vm, |fields| {
        fields.result.replace(result)
    })
}

/// `set_exception`
pub(super) fn set_exception(
    zelf: &Py<PyFuture>,
    exception: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let exception = arguments::given(Some(exception), vm);
    finish(zelf, "add_exception", vm, |fields| {
        std::mem::replace(&mut fields.exception, exception)
    })
}

/// `set_running_or_notify_cancel`
pub(super) fn set_running(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<bool> {
    let began = change(zelf, Action::Update, vm, |fields| match fields.state {
        State::Cancelled => {
            fields.state = State::Notified;
            Change {
                answer: Ok(false),
                notify: false,
                waiter_method: Some("add_cancelled"),
            }
        }
        State::Pending => {
            fields.state = State::Running;
            Change::quiet(Ok(true))
        }
        state => Change::quiet(Err(state)),
    })?;
    began.or_else(|_| {
        let id = vm.ctx.new_int(zelf.get_id()).into();
        let state = PyFuture::_state(zelf, vm);
        let message = "Future %s in unexpected state: %s";
        log::log("critical", message, vec![id, state], None, vm)?;
        Err(vm.new_runtime_error("Future in unexpected state"))
    })
}

/// The outcome once there is one. `None`: there was none in time.
pub(super) fn outcome(
    zelf: &Py<PyFuture>,
    timeout: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<Option<Outcome>> {
    let is_guarded = {
        let fields = zelf.fields.lock();
        // In a run, that it is over already is what a strategy decides.
        if fields.condition.is_none()
            && current_number().is_none()
            && let Some(outcome) = fields.outcome()
        {
            return Ok(Some(outcome));
        }
        fields.condition.is_some()
    };
    if is_guarded {
        let timeout = timeout.unwrap_or_else(|| vm.ctx.none());
        return guarded_outcome(zelf, Some(timeout), vm);
    }
    let deadline = timeout::deadline(timeout::wait(timeout.as_deref(), vm)?);
    let settled = zelf
        .settled
        .wait_as(deadline, WaitKind::Future)
        .or_raise(vm)?;
    {
        let fields = zelf.fields.lock();
        if fields.condition.is_none() {
            return Ok(fields.outcome());
        }
    }
    // The program has asked for the condition meanwhile.
    let left = match deadline {
        None => vm.ctx.none(),
        Some(deadline) => {
            let now = Deadline::after(Duration::ZERO);
            let left = deadline.0.saturating_sub(now.0);
            vm.ctx.new_float(left as f64 * 1e-9).into()
        }
    };
    guarded_outcome(zelf, settled.then_some(left), vm)
}

/// The outcome of a future that has a condition. No timeout: whether there is one now.
fn guarded_outcome(
    zelf: &Py<PyFuture>,
    timeout: Option<PyObjectRef>,
    vm: &VirtualMachine,
) -> PyResult<Option<Outcome>> {
    let condition = zelf.condition(vm);
    within(&condition, vm, || {
        let outcome = zelf.fields.lock().outcome();
        if outcome.is_some() {
            return Ok(outcome);
        }
        if let Some(timeout) = timeout {
            vm.call_method(&condition, "wait", (timeout,))?;
        }
        Ok(zelf.fields.lock().outcome())
    })
}
