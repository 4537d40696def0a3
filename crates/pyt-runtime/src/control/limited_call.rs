//! Calls under limits: what holds while one runs, and what it gives when a limit was hit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_vm::{InterpreterState, steps::Steps};
use rustpython_vm::{AsObject, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{
    limits::{Limit, Limits},
    output_limit::OutputLimited,
    recursion::RecursionLimit,
    stop_request::{StopReason, StopRequest},
};
use crate::{Error, Python, Runtime, api::runtime_core::RuntimeCore};

/// How long a call that hit a limit waits for threads that do not end, beyond its grace period.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);

impl Runtime {
    /// As [`enter`](Self::enter), under limits. May be nested; each call is watched by itself. See
    /// [`Limits`].
    ///
    /// # Errors
    /// In the place of what `f` returned: [`ErrorKind::Limit`](crate::ErrorKind::Limit) if a limit
    /// was hit, and [`ErrorKind::Stopped`](crate::ErrorKind::Stopped) if all threads were stopped
    /// for another reason. All threads that Python started have ended then; one that cannot be
    /// ended is frozen a second after the grace period. [`ErrorKind::Gone`](crate::ErrorKind::Gone)
    /// after the runtime's end. [`ErrorKind::Option`](crate::ErrorKind::Option), before `f` is
    /// called, for a limit on [`steps`](Limits::steps) without the GIL.
    pub fn with_limits<R>(
        &self,
        limits: &Limits,
        f: impl FnOnce(Python<'_>) -> R,
    ) -> Result<R, Error> {
        let core = self.core();
        refuse_inexact(core, limits)?;
        let entered = core.enter(|vm| {
            let (result, stop) = core.limited(vm, limits, || f(Python::new(vm, core)));
            stop.map_or_else(|| Ok(result), |stop| Err(Error::stopped(stop)))
        });
        entered.unwrap_or_else(|_| Err(Error::gone()))
    }
}

impl Python<'_> {
    /// As [`Runtime::with_limits`].
    ///
    /// # Errors
    /// As there.
    pub fn with_limits<R>(
        self,
        limits: &Limits,
        f: impl FnOnce(Python<'_>) -> R,
    ) -> Result<R, Error> {
        let core: &Arc<_> = self.core();
        refuse_inexact(core, limits)?;
        let (result, stop) = core.limited(self.vm(), limits, || f(self));
        stop.map_or_else(|| Ok(result), |stop| Err(Error::stopped(stop)))
    }
}

fn refuse_inexact(core: &RuntimeCore, limits: &Limits) -> Result<(), Error> {
    let gil = core.state().scheduler.policy().is_exclusive();
    limits
        .inexact(gil)
        .map_or(Ok(()), |reason| Err(Error::option(reason)))
}

impl RuntimeCore {
    /// Runs `f` under limits, on the calling thread, which is inside. If all threads are being
    /// stopped when `f` returns, blocks until they are, and returns that stop.
    pub(crate) fn limited<R>(
        self: &Arc<Self>,
        vm: &VirtualMachine,
        limits: &Limits,
        f: impl FnOnce() -> R,
    ) -> (R, Option<Arc<StopRequest>>) {
        let owner = InterpreterState::own_ident();
        let recursion = limits
            .recursion
            .map(|depth| RecursionLimit::begin(vm, depth));
        let output = limits.output.map(|_| OutputLimited::begin());
        let steps = limits.steps.map(|_| CountedSteps::begin(self, vm));
        let watched = WatchedCall {
            core: self,
            id: self.watch(limits, owner),
        };
        let result = f();
        drop(steps);
        drop(output);
        drop(recursion);
        self.measure_last(watched.id, limits.grace);
        let own = self.control().calls.stop_of(watched.id);
        let Some(stop) = own.or_else(|| self.control().stops.for_thread(owner)) else {
            return (result, None);
        };
        // Until the threads have ended the limits hold: the one on threads, say.
        self.control().calls.note_stop(watched.id, stop.clone());
        let end = Instant::now() + limits.grace + STOP_TIMEOUT;
        vm.allow_threads(|| stop.wait(end));
        drop(watched);
        self.control().left(owner);
        self.state().cancel_unwind(owner);
        (result, Some(stop))
    }

    /// Looks at the limits of a call once more, at its end: since the watchdog has last looked, one
    /// native operation may have exceeded them.
    fn measure_last(self: &Arc<Self>, id: u64, grace: Duration) {
        let calls = &self.control().calls;
        let written = calls.written();
        let exceeded = {
            let mut table = calls.table.lock();
            let call = table.active.iter_mut().find(|call| call.id == id);
            call.filter(|call| call.stop.is_none())
                .and_then(|call| call.measure_last(self.state(), written))
        };
        if let Some(limit) = exceeded {
            let stop = self.stop(StopReason::Limit(limit), grace);
            calls.note_stop(id, stop);
        }
    }

    /// The exception for the calling thread, which has run more instructions than a call may. Stops
    /// all threads first. `None` if that was done before.
    fn refuse_step(self: &Arc<Self>, vm: &VirtualMachine) -> Option<PyBaseExceptionRef> {
        let calls = &self.control().calls;
        let steps = Steps::of(self.state());
        let exceeding: Vec<(u64, u64, Duration)> = {
            let table = calls.table.lock();
            let taken = steps.taken();
            let going = table.active.iter().filter(|call| call.stop.is_none());
            let exceeding = going.filter(|call| call.last_step().is_some_and(|last| last < taken));
            let found = exceeding.map(|call| {
                let most = call.limits.steps.unwrap_or_default();
                (call.id, most, call.limits.grace)
            });
            found.collect()
        };
        let (_, most, grace) = *exceeding.first()?;
        let stop = self.stop(StopReason::Limit(Limit::Steps(most)), grace);
        for (id, ..) in exceeding {
            calls.note_stop(id, stop.clone());
        }
        steps.limit(calls.table.lock().most_steps());
        // Else it would be raised again in the handlers of what is raised here.
        vm.allow_threads(|| stop.wait_until_raised());
        Some(self.state().take_stop(vm))
    }

    /// The exception for the calling thread, which would start one more thread than it may. Stops
    /// all threads first. `None` if that limit is gone.
    pub(crate) fn refuse_thread(
        self: &Arc<Self>,
        most: usize,
        vm: &VirtualMachine,
    ) -> Option<PyBaseExceptionRef> {
        let calls = &self.control().calls;
        let limiting: Vec<(u64, Duration)> = {
            let table = calls.table.lock();
            let active = table.active.iter();
            let limiting = active.filter(|call| call.limits.threads == Some(most));
            limiting.map(|call| (call.id, call.limits.grace)).collect()
        };
        let (_, grace) = *limiting.first()?;
        let stop = self.stop(StopReason::Limit(Limit::Threads(most)), grace);
        for (id, _) in limiting {
            calls.note_stop(id, stop.clone());
        }
        // Else it would be raised again in the handlers of what is raised here.
        vm.allow_threads(|| stop.wait_until_raised());
        Some(self.state().take_stop(vm))
    }

    /// The error of a call of the host's that failed with `raised`, if a limit on recursion caused
    /// it.
    pub(crate) fn recursed(
        self: &Arc<Self>,
        raised: &PyBaseExceptionRef,
        vm: &VirtualMachine,
    ) -> Option<Error> {
        if !raised.fast_isinstance(vm.ctx.exceptions.recursion_error) {
            return None;
        }
        let calls = &self.control().calls;
        let depth = calls.recursion_limit_of(InterpreterState::own_ident())?;
        Some(Error::limited(Limit::Recursion(depth), self.threads()))
    }
}

/// Instructions are counted for as long as this lives.
struct CountedSteps<'a> {
    core: &'a RuntimeCore,
    vm: &'a VirtualMachine,
}

impl<'a> CountedSteps<'a> {
    fn begin(core: &'a Arc<RuntimeCore>, vm: &'a VirtualMachine) -> Self {
        let steps = Steps::of(core.state());
        let refusing = Arc::downgrade(core);
        steps.on_excess(move |vm| refusing.upgrade()?.refuse_step(vm));
        steps.begin(vm);
        Self { core, vm }
    }
}

impl Drop for CountedSteps<'_> {
    fn drop(&mut self) {
        Steps::of(self.core.state()).end(self.vm);
    }
}

/// A call that is watched, for as long as this lives.
struct WatchedCall<'a> {
    core: &'a RuntimeCore,
    id: u64,
}

impl Drop for WatchedCall<'_> {
    fn drop(&mut self) {
        self.core.unwatch(self.id);
    }
}
