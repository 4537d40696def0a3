//! `concurrent.futures.Future`.
//!
//! As long as the program has not asked for its condition, a future is a few fields in a native
//! lock and an event that its end sets: each operation is one short step. Once a program has the
//! condition, it may hold it to keep other threads out, and notify it; from then on each operation
//! goes through it, as in CPython. The event is set then, so that threads that wait for it come to
//! wait for the condition.

use parking_lot::Mutex;
use pyt_sched::{
    Event,
    controlled::{Action, Op, point},
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
    steps::{
        self, Change, append_callback, change, invoke_callbacks, look, outcome, run_callback,
        run_callbacks,
    },
};
use crate::{
    args::{
        arguments::{self, Signature},
        fastcall::{HotMethods, hot_methods},
    },
    modules::{thread::locks::rlock::RLock, threading::condition::Condition},
};

/// The result of work that another thread does, or will do.
#[pyclass(
    module = "concurrent.futures._base",
    name = "Future",
    traverse = "manual"
)]
#[derive(Debug, Default, PyPayload)]
pub(super) struct PyFuture {
    pub(super) fields: Mutex<Fields>,
    /// Set once there is nothing to wait for here: the work is over, or there is a condition.
    pub(super) settled: Event,
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

impl PyFuture {
    /// A future that is neither cancelled nor being worked on.
    pub(super) fn new(vm: &VirtualMachine) -> PyRef<Self> {
        Self::default().into_ref(&vm.ctx)
    }

    fn address(&self) -> usize {
        std::ptr::from_ref(&self.settled) as usize
    }

    /// The calling thread is about to do this.
    pub(super) fn announce(&self, action: Action) {
        // A run that was given up ends at the next wait.
        let _ = point(Op::on(action, self.address()));
    }

    /// What guards the future from here on.
    pub(super) fn condition(&self, vm: &VirtualMachine) -> PyObjectRef {
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

/// The address by which the scheduler knows the future, if `object` is one.
pub(crate) fn address_in(object: &PyObject) -> Option<usize> {
    let future = object.downcast_ref::<PyFuture>()?;
    Some(future.address())
}

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
            // Waiting threads already have a condition to wait for, and keep it.
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
            // The event cannot distinguish the second end from the first.
            zelf.condition(vm);
        }
        Ok(())
    }
}

impl Representable for PyFuture {
    fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
        let (state, result, exception) = change(zelf, Action::Query, vm, |fields| {
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
                    waiter_method: None,
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
        let added = change(zelf, Action::Update, vm, |fields| {
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
        steps::set_running(zelf, vm)
    }

    /// Says what the work returned, for executors.
    #[pymethod]
    fn set_result(zelf: &Py<Self>, args: SetResultArgs, vm: &VirtualMachine) -> PyResult<()> {
        steps::set_result(zelf, args.result, vm)
    }

    /// Says what the work raised, for executors.
    #[pymethod]
    fn set_exception(zelf: &Py<Self>, args: SetExceptionArgs, vm: &VirtualMachine) -> PyResult<()> {
        steps::set_exception(zelf, args.exception, vm)
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
    pub(super) fn _state(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
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
        // A program that changes it this way notifies waiting threads through the condition, or not
        // at all.
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
        // A thread that adds a callback from here on holds the condition.
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
