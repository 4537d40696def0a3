//! `concurrent.futures.Future`.
//!
//! As long as nobody has asked for its condition, a future is a few fields in a lock of ours and an
//! event that its end sets: each operation is one short step. Once a program has the condition, it
//! may hold it to keep others out, and notify it; from then on each operation goes through it, as
//! in CPython. The event is set then, so that whoever waits for it comes to wait for the condition.

use std::time::Duration;

use parking_lot::Mutex;
use pyt_sched::{
    Deadline, Event, Kind,
    controlled::{Action, Op, current_number, point},
};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, TryFromObject, VirtualMachine,
    builtins::{PyBaseException, PyGenericAlias, PyList, PyStr, PyType, PyTypeRef},
    class::StaticType,
    exceptions::ExceptionCtor,
    function::FuncArgs,
    object::{Traverse, TraverseFn},
    pyclass,
    types::{Constructor, Initializer, Representable},
};

use super::{
    args::{
        CancelArgs, CancelledArgs, DoneArgs, ExceptionArgs, InvokeCallbacksArgs, ResultArgs,
        RunningArgs, SetExceptionArgs, SetResultArgs, SetRunningArgs,
    },
    log,
    state::{Fields, Outcome, State},
};
use crate::{
    arguments::{self, Signature},
    hot::{HotMethods, hot_methods},
    thread::locks::rlock::RLock,
    threading::condition::Condition,
    timeout,
    world::aborted,
};

/// The result of work that another thread does, or will do.
#[pyclass(
    module = "concurrent.futures._base",
    name = "Future",
    traverse = "manual"
)]
#[derive(Debug, Default, PyPayload)]
pub(super) struct PyFuture {
    fields: Mutex<Fields>,
    /// Set once there is nothing to wait for here: the work is over, or there is a condition.
    settled: Event,
}

// SAFETY: all objects are among the fields. Their lock is never held by a thread that is stopped:
// nothing in it can stop, no object is made or dies in it, and no Python code runs in it.
unsafe impl Traverse for PyFuture {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.fields.lock().traverse(visit);
    }

    fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
        self.fields.get_mut().clear(out);
    }
}

/// What an operation has done to the fields.
struct Change<R> {
    answer: R,
    /// Whether whoever waits is to look.
    notify: bool,
    /// Which method of `_waiters` is to be told.
    tell: Option<&'static str>,
}

impl<R> Change<R> {
    /// Nothing that anybody waits for.
    const fn quiet(answer: R) -> Self {
        Self {
            answer,
            notify: false,
            tell: None,
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

impl PyFuture {
    /// One that nobody has cancelled or begun to work on.
    pub(super) fn new(vm: &VirtualMachine) -> PyRef<Self> {
        Self::default().into_ref(&vm.ctx)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(&self.settled) as usize
    }

    /// The calling thread is about to do this.
    fn announce(&self, action: Action) {
        // A run that was given up ends at the next wait.
        let _ = point(Op::on(action, self.address()));
    }

    /// What guards the future from here on.
    fn condition(&self, vm: &VirtualMachine) -> PyObjectRef {
        if let Some(condition) = self.fields.lock().condition.clone() {
            return condition;
        }
        let lock = RLock::default().into_ref(&vm.ctx);
        let new: PyObjectRef = Condition::over(lock.into()).into_ref(&vm.ctx).into();
        let condition = {
            let mut fields = self.fields.lock();
            fields.condition.get_or_insert_with(|| new.clone()).clone()
        };
        self.settled.set_now();
        condition
    }

    /// Whether the calls of a worker may go straight to the functions here.
    pub(super) fn is_direct(object: &PyObject) -> Option<&Py<Self>> {
        let future = object.downcast_ref::<Self>()?;
        object.class().is(Self::static_type()).then_some(future)
    }
}

/// Does `work` to the fields, in one step, and tells whoever is to know.
fn change<R>(
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
        if let Some(method) = change.tell {
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
fn look(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<State> {
    change(zelf, Action::Look, vm, |fields| Change::quiet(fields.state))
}

/// What comes after the end: the callbacks of the object's class.
fn invoke_callbacks(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<()> {
    if PyFuture::is_direct(zelf.as_object()).is_some() {
        run_callbacks(zelf, vm)
    } else {
        vm.call_method(zelf.as_object(), "_invoke_callbacks", ())
            .map(drop)
    }
}

fn run_callbacks(zelf: &Py<PyFuture>, vm: &VirtualMachine) -> PyResult<()> {
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

fn run_callback(zelf: &Py<PyFuture>, callback: &PyObject, vm: &VirtualMachine) -> PyResult<()> {
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
fn append_callback(
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
            tell: Some(tell),
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
    let began = change(zelf, Action::Write, vm, |fields| match fields.state {
        State::Cancelled => {
            fields.state = State::Notified;
            Change {
                answer: Ok(false),
                notify: false,
                tell: Some("add_cancelled"),
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
fn outcome(
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
        .wait_as(deadline, Kind::Future)
        .map_err(|gave_up| aborted(gave_up, vm))?;
    {
        let fields = zelf.fields.lock();
        if fields.condition.is_none() {
            return Ok(fields.outcome());
        }
    }
    // Somebody has asked for the condition meanwhile.
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

/// As `raise exception`.
fn raised(exception: PyObjectRef, vm: &VirtualMachine) -> PyResult {
    match exception.downcast::<PyBaseException>() {
        Ok(exception) => Err(exception),
        Err(other) => Err(ExceptionCtor::try_from_object(vm, other)?.instantiate(vm)?),
    }
}

hot_methods!(PyFuture:
    cancel, cancelled, running, done, result, exception, set_running_or_notify_cancel, set_result,
    set_exception, add_done_callback,
);

impl Constructor for PyFuture {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self::default())
    }
}

impl Initializer for PyFuture {
    type Args = FuncArgs;

    fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        arguments::none("Future.__init__", &args, vm)?;
        let old = {
            let mut fields = zelf.fields.lock();
            // Whoever waits already has a condition to wait for, and keeps it.
            let condition = fields.condition.clone();
            std::mem::replace(
                &mut *fields,
                Fields {
                    condition,
                    ..Fields::default()
                },
            )
        };
        let was_ended = old.condition.is_none() && old.state.is_done();
        drop(old);
        if was_ended {
            // The event cannot tell the second end from the first.
            zelf.condition(vm);
        }
        Ok(())
    }
}

impl Representable for PyFuture {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let (state, result, exception) = change(zelf, Action::Look, vm, |fields| {
            Change::quiet((
                fields.state,
                fields.result.clone(),
                fields.exception.clone(),
            ))
        })?;
        let object = zelf.as_object();
        let shown = format!(
            "<{} at {:#x} state={}",
            object.class().name(),
            object.get_id(),
            state.described()
        );
        if state != State::Finished {
            return Ok(format!("{shown}>"));
        }
        let raised = match exception {
            Some(exception) => exception.clone().try_to_bool(vm)?.then_some(exception),
            None => None,
        };
        let (how, what) = match raised {
            Some(exception) => ("raised", exception),
            None => ("returned", result.unwrap_or_else(|| vm.ctx.none())),
        };
        Ok(format!("{shown} {how} {}>", what.class().name()))
    }
}

#[pyclass(
    with(Constructor, HotMethods, Initializer, Representable),
    flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
)]
impl PyFuture {
    /// Cancels the work unless it has begun. Returns whether it is cancelled.
    #[pymethod]
    fn cancel(zelf: &Py<Self>, _args: CancelArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let cancelled = change(zelf, Action::Set, vm, |fields| match fields.state {
            State::Running | State::Finished => Change::quiet(Err(false)),
            State::Cancelled | State::Notified => Change::quiet(Err(true)),
            State::Pending | State::Other => {
                fields.state = State::Cancelled;
                Change {
                    answer: Ok(()),
                    notify: true,
                    tell: None,
                }
            }
        })?;
        match cancelled {
            Ok(()) => invoke_callbacks(zelf, vm).map(|()| true),
            Err(was_cancelled) => Ok(was_cancelled),
        }
    }

    /// Whether the work was cancelled.
    #[pymethod]
    fn cancelled(zelf: &Py<Self>, _args: CancelledArgs, vm: &VirtualMachine) -> PyResult<bool> {
        look(zelf, vm).map(State::is_cancelled)
    }

    /// Whether the work is being done.
    #[pymethod]
    fn running(zelf: &Py<Self>, _args: RunningArgs, vm: &VirtualMachine) -> PyResult<bool> {
        look(zelf, vm).map(|state| state == State::Running)
    }

    /// Whether the work was done or cancelled.
    #[pymethod]
    fn done(zelf: &Py<Self>, _args: DoneArgs, vm: &VirtualMachine) -> PyResult<bool> {
        look(zelf, vm).map(State::is_done)
    }

    /// Has fn called with the future once the work was done or cancelled; at once if it was.
    #[pymethod]
    fn add_done_callback(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let [callback] = Signature::python("Future.add_done_callback", ["fn"], 1).bind(args, vm)?;
        let callback = callback.unwrap_or_else(|| vm.ctx.none());
        let added = change(zelf, Action::Write, vm, |fields| {
            Change::quiet(if fields.state.is_done() {
                Some(false)
            } else if fields.callback_list.is_some() {
                None
            } else {
                fields.callbacks.push(callback.clone());
                Some(true)
            })
        })?;
        let added = match added {
            Some(added) => added,
            None => append_callback(zelf, &callback, vm)?,
        };
        if added {
            return Ok(());
        }
        run_callback(zelf, &callback, vm)
    }

    /// The result of the work, for which it waits: for ever, or for timeout seconds.
    ///
    /// Raises what the work raised, CancelledError if it was cancelled, and TimeoutError if it is
    /// not done in time.
    #[pymethod]
    fn result(zelf: &Py<Self>, args: ResultArgs, vm: &VirtualMachine) -> PyResult {
        match outcome(zelf, args.timeout, vm)? {
            Some(Outcome::Finished {
                exception: Some(exception),
                ..
            }) => raised(exception, vm),
            Some(Outcome::Finished { result, .. }) => Ok(result.unwrap_or_else(|| vm.ctx.none())),
            Some(Outcome::Cancelled) => Err(log::error("CancelledError", None, vm)),
            None => Err(log::error("TimeoutError", None, vm)),
        }
    }

    /// What the work raised, or None, waiting as result() does.
    ///
    /// Raises CancelledError if the work was cancelled, and TimeoutError if it is not done in time.
    #[pymethod]
    fn exception(zelf: &Py<Self>, args: ExceptionArgs, vm: &VirtualMachine) -> PyResult {
        match outcome(zelf, args.timeout, vm)? {
            Some(Outcome::Finished { exception, .. }) => {
                Ok(exception.unwrap_or_else(|| vm.ctx.none()))
            }
            Some(Outcome::Cancelled) => Err(log::error("CancelledError", None, vm)),
            None => Err(log::error("TimeoutError", None, vm)),
        }
    }

    /// Says that the work begins, for executors. False: it was cancelled, and is not to begin.
    #[pymethod]
    fn set_running_or_notify_cancel(
        zelf: &Py<Self>,
        _args: SetRunningArgs,
        vm: &VirtualMachine,
    ) -> PyResult<bool> {
        set_running(zelf, vm)
    }

    /// Says what the work returned, for executors.
    #[pymethod]
    fn set_result(zelf: &Py<Self>, args: SetResultArgs, vm: &VirtualMachine) -> PyResult<()> {
        set_result(zelf, args.result, vm)
    }

    /// Says what the work raised, for executors.
    #[pymethod]
    fn set_exception(zelf: &Py<Self>, args: SetExceptionArgs, vm: &VirtualMachine) -> PyResult<()> {
        set_exception(zelf, args.exception, vm)
    }

    #[pymethod]
    fn _invoke_callbacks(
        zelf: &Py<Self>,
        _args: InvokeCallbacksArgs,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        run_callbacks(zelf, vm)
    }

    /// What a copy begins with. It cannot be pickled, for the condition.
    #[pymethod]
    fn __getstate__(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        let state = vm.ctx.new_dict();
        state.set_item("_condition", zelf.condition(vm), vm)?;
        for name in [
            "_state",
            "_result",
            "_exception",
            "_waiters",
            "_done_callbacks",
        ] {
            let value = zelf.as_object().get_attr(name, vm)?;
            state.set_item(name, value, vm)?;
        }
        if let Some(own) = zelf.as_object().dict() {
            for (name, value) in own {
                state.set_item(&*name, value, vm)?;
            }
        }
        Ok(state.into())
    }

    #[pymethod]
    fn __setstate__(zelf: &Py<Self>, state: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let items = vm.call_method(&state, "items", ())?;
        for pair in items.try_to_value::<Vec<PyObjectRef>>(vm)? {
            let [name, value] =
                <[PyObjectRef; 2]>::try_from(pair.try_to_value::<Vec<PyObjectRef>>(vm)?)
                    .map_err(|_| vm.new_type_error("a state is a dictionary"))?;
            let name = name.try_to_ref::<PyStr>(vm)?;
            zelf.as_object().set_attr(name, value, vm)?;
        }
        Ok(())
    }

    #[pygetset(name = "_condition")]
    fn shown_condition(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        zelf.condition(vm)
    }

    #[pygetset(setter, name = "_condition")]
    fn set_shown_condition(zelf: &Py<Self>, value: PyObjectRef) {
        let old = zelf.fields.lock().condition.replace(value);
        zelf.settled.set_now();
        drop(old);
    }

    #[pygetset]
    fn _state(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let (state, other) = {
            let fields = zelf.fields.lock();
            (fields.state, fields.other.clone())
        };
        match (state.name(), other) {
            (Some(name), _) => vm.ctx.intern_str(name).to_owned().into(),
            (None, other) => other.unwrap_or_else(|| vm.ctx.none()),
        }
    }

    #[pygetset(setter)]
    fn set__state(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) {
        let name = value.downcast_ref::<PyStr>().and_then(|name| name.to_str());
        let state = name.map_or(State::Other, State::named);
        // Who changes it this way tells those who wait through the condition, or not at all.
        zelf.condition(vm);
        let old = {
            let mut fields = zelf.fields.lock();
            fields.state = state;
            fields.other.replace(value)
        };
        drop(old);
    }

    #[pygetset]
    fn _result(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let result = zelf.fields.lock().result.clone();
        result.unwrap_or_else(|| vm.ctx.none())
    }

    #[pygetset(setter)]
    fn set__result(zelf: &Py<Self>, value: PyObjectRef) {
        let old = zelf.fields.lock().result.replace(value);
        drop(old);
    }

    #[pygetset]
    fn _exception(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let exception = zelf.fields.lock().exception.clone();
        exception.unwrap_or_else(|| vm.ctx.none())
    }

    #[pygetset(setter)]
    fn set__exception(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) {
        let value = arguments::given(Some(value), vm);
        let old = std::mem::replace(&mut zelf.fields.lock().exception, value);
        drop(old);
    }

    #[pygetset]
    fn _waiters(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        if let Some(waiters) = zelf.fields.lock().waiters.clone() {
            return waiters;
        }
        let new: PyObjectRef = vm.ctx.new_list(Vec::new()).into();
        let mut fields = zelf.fields.lock();
        fields.waiters.get_or_insert_with(|| new.clone()).clone()
    }

    #[pygetset(setter)]
    fn set__waiters(zelf: &Py<Self>, value: PyObjectRef) {
        let old = zelf.fields.lock().waiters.replace(value);
        drop(old);
    }

    #[pygetset]
    fn _done_callbacks(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        if let Some(list) = zelf.fields.lock().callback_list.clone() {
            return list;
        }
        // Whoever adds one from here on holds it.
        zelf.condition(vm);
        let new: PyObjectRef = vm.ctx.new_list(Vec::new()).into();
        let (list, callbacks) = {
            let mut fields = zelf.fields.lock();
            let list = fields.callback_list.get_or_insert_with(|| new.clone());
            let list = list.clone();
            (list, std::mem::take(&mut fields.callbacks))
        };
        if let Some(list) = list.downcast_ref::<PyList>() {
            // In front of what others have added since.
            list.borrow_vec_mut().splice(0..0, callbacks);
        }
        list
    }

    #[pygetset(setter)]
    fn set__done_callbacks(zelf: &Py<Self>, value: PyObjectRef) {
        let old = {
            let mut fields = zelf.fields.lock();
            let callbacks = std::mem::take(&mut fields.callbacks);
            (callbacks, fields.callback_list.replace(value))
        };
        drop(old);
    }

    #[pyclassmethod]
    fn __class_getitem__(
        cls: PyTypeRef,
        item: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<PyGenericAlias> {
        PyGenericAlias::from_args(cls, item, vm)
    }
}
