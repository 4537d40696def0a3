//! Stopping all threads of a runtime, whatever they catch.
//!
//! 1. An exception is raised in each thread; handlers and `finally` blocks run.
//! 2. After the grace period the threads are force unwound: the exception is raised again wherever
//!    it can be, and no handler runs.
//! 3. Threads that Python started and that still go on are halted. The host's threads are never
//!    halted: their calls return as soon as native code lets them.

use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_vm::{
    InterpreterState,
    control::{Raise, ThreadKind},
    deadlock::CONTROL_THREAD,
};
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef};

use super::{
    control_thread::spawn_control_thread,
    stop_request::{StopReason, StopRequest},
};
use crate::{Error, api::runtime_core::RuntimeCore};

/// The longest pause between two attempts to force unwind a thread that goes on.
pub(super) const UNWIND_INTERVAL: Duration = Duration::from_millis(5);

/// The first such pause; each is twice as long as the one before.
const FIRST_UNWIND_INTERVAL: Duration = Duration::from_micros(200);

/// How often it is checked during the grace period whether all threads have ended.
const GRACE_POLL: Duration = Duration::from_millis(1);

/// How long after the grace period a started thread that goes on is halted.
const HALT_DELAY: Duration = Duration::from_secs(1);

/// How long a call that was stopped waits for the other threads: longer than [`HALT_DELAY`] and
/// halting take.
const STOPPED_CALL_WAIT: Duration = Duration::from_secs(4);

/// How long halting waits for threads in foreign code.
const FOREIGN_CALL_GRACE: Duration = Duration::from_millis(100);

impl RuntimeCore {
    /// Stops all threads that there are now, and those that they start. Does not block. If a stop
    /// is under way, returns that one, which from now on is for all threads that there are.
    pub(crate) fn stop(self: &Arc<Self>, reason: StopReason, grace: Duration) -> Arc<StopRequest> {
        let state = self.state();
        let request = {
            let mut current = self.control().stops.lock_current();
            let members = state.all_threads().into_iter();
            let hosts = members.filter(|member| member.kind == ThreadKind::Host);
            let hosts: HashSet<u64> = hosts.map(|member| member.ident).collect();
            if let Some(request) = current.as_ref().filter(|request| !request.is_over()) {
                let mut targets = request.hosts();
                let added = hosts.into_iter().filter(|host| targets.insert(*host));
                let added: Vec<u64> = added.collect();
                // Threads may have been started since the last one had ended, and may yet be.
                request.reset_done();
                drop(targets);
                // The thread that carries the stop out finds their loops after the grace period.
                state.raise_in(&added, &Raise::Stop);
                return request.clone();
            }
            let request = Arc::new(StopRequest::new(reason, hosts));
            *current = Some(request.clone());
            request
        };
        state.set_stop_reason(&reason.to_string());
        let (core, stopping) = (self.clone(), request.clone());
        if !spawn_control_thread(move || core.carry_out(&stopping, grace)) {
            // Without a thread there is no second attempt.
            request.note_threads(self.describe(&state.table()));
            state.raise_in(&self.targets(&request), &Raise::Stop);
            self.control().stops.conclude(&request);
        }
        request
    }

    /// Idents of the threads that `request` is for and that go on.
    fn targets(&self, request: &StopRequest) -> Vec<u64> {
        self.targets_among(request, &request.hosts())
    }

    /// As [`targets`](Self::targets), with `request`'s hosts locked by the caller.
    fn targets_among(&self, request: &StopRequest, hosts: &HashSet<u64>) -> Vec<u64> {
        let members = self.state().all_threads().into_iter();
        let targets = members.filter(|member| match member.kind {
            ThreadKind::Host => hosts.contains(&member.ident),
            // A thread that is started once all have ended is not stopped.
            ThreadKind::Started { .. } => !request.is_done(),
        });
        targets.map(|member| member.ident).collect()
    }

    /// Whether a thread that Python started goes on.
    pub(crate) fn has_started_threads(&self) -> bool {
        self.state().has_started()
    }

    fn carry_out(self: &Arc<Self>, request: &Arc<StopRequest>, grace: Duration) {
        let state = self.state();
        let began = Instant::now();
        request.note_threads(self.describe(&state.table_with_stacks()));
        if grace > Duration::ZERO {
            let idents = self.targets(request);
            if state.raise_in(&idents, &Raise::Stop) {
                state.reach(&idents);
            }
            request.set_raised();
            while began.elapsed() < grace && !self.has_ended_by_itself(request) {
                let left = grace.saturating_sub(began.elapsed());
                std::thread::sleep(left.min(GRACE_POLL));
            }
        }
        let mut unwinding_since = Instant::now();
        let mut pause = FIRST_UNWIND_INTERVAL;
        loop {
            let idents = {
                // No thread leaves between being found here and being force unwound.
                let hosts = request.hosts();
                let idents = self.targets_among(request, &hosts);
                if !idents.is_empty() {
                    self.control().stops.note_force();
                    state.force_unwind(&idents);
                }
                idents
            };
            request.set_raised();
            let started_left = {
                // No host is added meanwhile.
                let _hosts = request.hosts();
                let left = !request.is_done() && self.has_started_threads();
                if !left {
                    request.set_done();
                    unwinding_since = Instant::now();
                }
                left
            };
            if idents.is_empty() {
                if !started_left && self.control().stops.conclude_if_over(request) {
                    request.set_done();
                    return;
                }
                // A thread that was admitted may be about to begin.
                std::thread::sleep(pause);
                continue;
            }
            state.reach(&idents);
            if started_left && unwinding_since.elapsed() > HALT_DELAY {
                request.set_halted();
                let halt = |vm: &_| state.halt_started(vm, FOREIGN_CALL_GRACE);
                if state.attach_host(CONTROL_THREAD, halt).is_none() {
                    break;
                }
                continue;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(UNWIND_INTERVAL);
        }
        self.control().stops.conclude(request);
    }

    /// Whether all threads that `request` is for have ended or left without being force unwound.
    /// Calls that only wait for threads that Python started are released once there is none.
    fn has_ended_by_itself(&self, request: &StopRequest) -> bool {
        // No host is added meanwhile.
        let hosts = request.hosts();
        if !self.has_started_threads() {
            request.set_done();
        } else if !hosts.is_empty() {
            // A handler may have started one, which is stopped as well.
            request.reset_done();
        }
        hosts.is_empty() && request.is_done()
    }

    /// The error of a call of the host's that failed with `raised`, if the call was stopped. Blocks
    /// until the threads that Python started are stopped as well, so that what the host does next
    /// is not stopped.
    pub(crate) fn stopped(
        &self,
        raised: &PyBaseExceptionRef,
        vm: &VirtualMachine,
    ) -> Option<Error> {
        let request = self
            .control()
            .stops
            .for_thread(InterpreterState::own_ident());
        match request {
            Some(request) => {
                vm.allow_threads(|| request.wait(Instant::now() + STOPPED_CALL_WAIT));
                Some(Error::stopped(request))
            }
            None if self.state().is_stop(raised) => {
                // The stop is over, or this thread started after it.
                Some(Error::stopped_before())
            }
            None => None,
        }
    }
}
