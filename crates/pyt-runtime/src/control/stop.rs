//! Stopping all threads of a runtime, whatever they catch.
//!
//! First an exception is raised in each, and handlers and `finally` blocks run. After a grace period
//! the threads are condemned: the exception is raised again wherever it can be, and nothing handles
//! it. Threads that Python started and that still go on are halted in the end. Threads of the host's
//! are never halted: their calls return as soon as native code lets them.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_vm::control::{Origin, Raise};
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef};

use super::{Limit, ThreadInfo, aside};
use crate::{Error, api::shared::Shared};

/// How soon a thread that goes on is raised in again.
pub(super) const PAUSE: Duration = Duration::from_millis(5);

/// How long after the grace period a started thread that goes on is halted.
const LAST_RESORT: Duration = Duration::from_secs(1);

/// How long a call that was stopped waits for other threads: more than the last resort takes.
const WAIT: Duration = Duration::from_secs(4);

/// How long halting waits for threads in system calls.
const PATIENCE: Duration = Duration::from_millis(100);

/// Why all threads are stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reason {
    /// A limit was hit.
    Limit(Limit),
    /// The host wants it.
    Asked,
    /// The runtime ends.
    Shutdown,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => limit.fmt(f),
            Self::Asked => f.write_str("the host stopped all threads"),
            Self::Shutdown => f.write_str("the runtime is shut down"),
        }
    }
}

/// One stop of all threads.
pub(crate) struct Verdict {
    pub(crate) reason: Reason,
    /// Where each thread stood when it was pronounced, once that is known.
    threads: Mutex<Option<Vec<ThreadInfo>>>,
    /// Those of the host's threads that it is for and that have not left yet, by ident.
    hosts: Mutex<HashSet<u64>>,
    /// What ends the threads that were there is on its way to them.
    is_raised: AtomicBool,
    /// No thread is left that Python started, or each was halted.
    is_done: AtomicBool,
    /// Some had to be halted.
    halted: AtomicBool,
    changed: Condvar,
}

impl Verdict {
    /// Where each thread stood. Blocks until that is known, for a second at most.
    pub(crate) fn threads(&self) -> Vec<ThreadInfo> {
        let mut threads = self.threads.lock();
        let end = Instant::now() + LAST_RESORT;
        while threads.is_none() {
            if self.changed.wait_until(&mut threads, end).timed_out() {
                break;
            }
        }
        threads.clone().unwrap_or_default()
    }

    /// Waits until no thread is left that Python started, or `end`. Whether that is so.
    pub(crate) fn wait(&self, end: Instant) -> bool {
        self.wait_for(&self.is_done, end)
    }

    /// Waits until what ends the calling thread is on its way to it. Not for ever: finding out where
    /// each thread stands, which comes first, waits for native code.
    pub(crate) fn wait_until_raised(&self) {
        self.wait_for(&self.is_raised, Instant::now() + WAIT);
    }

    fn wait_for(&self, mark: &AtomicBool, end: Instant) -> bool {
        let mut threads = self.threads.lock();
        while !mark.load(Ordering::Acquire) {
            if self.changed.wait_until(&mut threads, end).timed_out() {
                break;
            }
        }
        mark.load(Ordering::Acquire)
    }

    /// Whether a thread had to be halted: what it held stays taken, and its thread of the operating
    /// system stays.
    pub(crate) fn has_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    /// Whether all whom it was for have ended or left.
    fn is_over(&self) -> bool {
        self.is_done.load(Ordering::Acquire) && self.hosts.lock().is_empty()
    }

    fn note_threads(&self, threads: Vec<ThreadInfo>) {
        *self.threads.lock() = Some(threads);
        self.changed.notify_all();
    }

    fn raised(&self) {
        self.set(&self.is_raised);
    }

    fn done(&self) {
        self.set(&self.is_done);
    }

    fn set(&self, mark: &AtomicBool) {
        let threads = self.threads.lock();
        mark.store(true, Ordering::Release);
        drop(threads);
        self.changed.notify_all();
    }
}

/// The stops of one runtime: at most one at a time.
#[derive(Default)]
pub(crate) struct Stops {
    current: Mutex<Option<Arc<Verdict>>>,
    /// Threads were stopped by force at least once.
    pub(super) forced: AtomicBool,
}

impl Stops {
    /// The stop under way, if there is one.
    pub(crate) fn current(&self) -> Option<Arc<Verdict>> {
        self.current.lock().clone()
    }

    /// The stop under way, if it is for the thread of the host's with this ident.
    pub(crate) fn for_thread(&self, ident: u64) -> Option<Arc<Verdict>> {
        let verdict = self.current()?;
        let is_meant = verdict.hosts.lock().contains(&ident);
        is_meant.then_some(verdict)
    }

    /// The thread of the host's with this ident has left: no stop is for it any more.
    pub(crate) fn left(&self, ident: u64) {
        let mut current = self.current.lock();
        if let Some(verdict) = &*current {
            verdict.hosts.lock().remove(&ident);
            if verdict.is_over() {
                *current = None;
            }
        }
    }

    /// Nothing more is done about `verdict`.
    fn conclude(&self, verdict: &Arc<Verdict>) {
        self.take_down(&mut self.current.lock(), verdict);
        verdict.raised();
        verdict.done();
    }

    /// As [`conclude`](Self::conclude), if it is not for any thread of the host's any more: one may
    /// have been added at the last moment. Whether it is over.
    fn conclude_if_over(&self, verdict: &Arc<Verdict>) -> bool {
        let mut current = self.current.lock();
        let is_over = verdict.hosts.lock().is_empty();
        if is_over {
            self.take_down(&mut current, verdict);
        }
        is_over
    }

    fn take_down(&self, current: &mut Option<Arc<Verdict>>, verdict: &Arc<Verdict>) {
        let is_current = |current: &mut Arc<Verdict>| Arc::ptr_eq(current, verdict);
        drop(current.take_if(is_current));
    }

    /// Whether threads had to be stopped without running their handlers: locks of the program's or of
    /// the library's may be held for ever.
    pub(crate) fn had_to_force(&self) -> bool {
        self.forced.load(Ordering::Acquire)
    }
}

impl Shared {
    /// Stops all threads that there are now, and those that they start. Does not wait. If a stop is
    /// under way, that one, which is from now on for all threads that there are.
    pub(crate) fn stop(self: &Arc<Self>, reason: Reason, grace: Duration) -> Arc<Verdict> {
        let state = self.state();
        let verdict = {
            let mut current = self.control.stops.current.lock();
            let members = state.all_threads().into_iter();
            let hosts = members.filter(|member| member.origin == Origin::Host);
            let hosts: HashSet<u64> = hosts.map(|member| member.ident).collect();
            if let Some(verdict) = current.as_ref().filter(|verdict| !verdict.is_over()) {
                let mut meant = verdict.hosts.lock();
                let added = hosts.into_iter().filter(|host| meant.insert(*host));
                let added: Vec<u64> = added.collect();
                // Threads may have been started since the last one had ended, and may yet be.
                verdict.is_done.store(false, Ordering::Release);
                drop(meant);
                // Whoever carries it out finds their loops, at the end of the grace period.
                state.raise_in(&added, &Raise::Stop);
                return verdict.clone();
            }
            let verdict = Arc::new(Verdict {
                reason,
                threads: Mutex::new(None),
                hosts: Mutex::new(hosts),
                is_raised: AtomicBool::new(false),
                is_done: AtomicBool::new(false),
                halted: AtomicBool::new(false),
                changed: Condvar::new(),
            });
            *current = Some(verdict.clone());
            verdict
        };
        state.set_stop_reason(&reason.to_string());
        let (shared, stopping) = (self.clone(), verdict.clone());
        if !aside(move || shared.carry_out(&stopping, grace)) {
            // Without a thread there is no second attempt.
            verdict.note_threads(self.describe(&state.table()));
            state.raise_in(&self.condemned_by(&verdict), &Raise::Stop);
            self.control.stops.conclude(&verdict);
        }
        verdict
    }

    /// Idents of those whom `verdict` is for and that go on.
    fn condemned_by(&self, verdict: &Verdict) -> Vec<u64> {
        self.meant(verdict, &verdict.hosts.lock())
    }

    /// As [`condemned_by`](Self::condemned_by), for whoever has `verdict`'s hosts locked.
    fn meant(&self, verdict: &Verdict, hosts: &HashSet<u64>) -> Vec<u64> {
        let members = self.state().all_threads().into_iter();
        let meant = members.filter(|member| match member.origin {
            Origin::Host => hosts.contains(&member.ident),
            // What is started once all have ended is none of its business.
            Origin::Started { .. } => !verdict.is_done.load(Ordering::Acquire),
        });
        meant.map(|member| member.ident).collect()
    }

    /// Whether a thread that Python started goes on.
    pub(crate) fn has_started_threads(&self) -> bool {
        self.state().has_started()
    }

    fn carry_out(self: &Arc<Self>, verdict: &Arc<Verdict>, grace: Duration) {
        let state = self.state();
        let began = Instant::now();
        verdict.note_threads(self.describe(&state.table_with_stacks()));
        if grace > Duration::ZERO {
            let idents = self.condemned_by(verdict);
            if state.raise_in(&idents, &Raise::Stop) {
                state.reach(&idents);
            }
            verdict.raised();
            while began.elapsed() < grace && !self.has_obeyed(verdict) {
                let left = grace.saturating_sub(began.elapsed());
                std::thread::sleep(left.min(Duration::from_millis(1)));
            }
        }
        let mut condemned = Instant::now();
        let mut pause = Duration::from_micros(200);
        loop {
            let idents = {
                // Nobody leaves between being found here and being condemned.
                let hosts = verdict.hosts.lock();
                let idents = self.meant(verdict, &hosts);
                if !idents.is_empty() {
                    self.control.stops.forced.store(true, Ordering::Release);
                    state.force_unwind(&idents);
                }
                idents
            };
            verdict.raised();
            let started_left = {
                // Nobody is added meanwhile.
                let _hosts = verdict.hosts.lock();
                let left = !verdict.is_done.load(Ordering::Acquire) && self.has_started_threads();
                if !left {
                    verdict.done();
                    condemned = Instant::now();
                }
                left
            };
            if idents.is_empty() {
                if !started_left && self.control.stops.conclude_if_over(verdict) {
                    verdict.done();
                    return;
                }
                // One may be about to begin.
                std::thread::sleep(pause);
                continue;
            }
            state.reach(&idents);
            if started_left && condemned.elapsed() > LAST_RESORT {
                verdict.halted.store(true, Ordering::Release);
                let halt = |vm: &_| state.halt_started(vm, PATIENCE);
                if state.attach_host("pyt-control", halt).is_none() {
                    break;
                }
                continue;
            }
            std::thread::sleep(pause);
            pause = (pause * 2).min(PAUSE);
        }
        self.control.stops.conclude(verdict);
    }

    /// Whether all whom `verdict` is for have ended or left of their own accord. Calls that only wait
    /// for threads that Python started are let go once there is none.
    fn has_obeyed(&self, verdict: &Verdict) -> bool {
        // Nobody is added meanwhile.
        let hosts = verdict.hosts.lock();
        if !self.has_started_threads() {
            verdict.done();
        } else if !hosts.is_empty() {
            // A handler may have started one, and it is meant as well.
            verdict.is_done.store(false, Ordering::Release);
        }
        hosts.is_empty() && verdict.is_done.load(Ordering::Acquire)
    }

    /// What a call of the host's that failed with `raised` has for an error, if it was stopped. Waits
    /// for the threads that Python started to be stopped as well: what the host does next is not meant.
    pub(crate) fn stopped(
        &self,
        raised: &PyBaseExceptionRef,
        vm: &VirtualMachine,
    ) -> Option<Error> {
        let verdict = self
            .control
            .stops
            .for_thread(pyt_vm::InterpreterState::own_ident());
        match verdict {
            Some(verdict) => {
                vm.allow_threads(|| verdict.wait(Instant::now() + WAIT));
                Some(Error::stopped(verdict))
            }
            None if self.state().is_stop(raised) => {
                // The stop is over, or this thread started after it.
                Some(Error::stopped_before())
            }
            None => None,
        }
    }
}
