//! Watches what calls under limits use up, on a thread that is there while any limits are active.

use std::{
    collections::HashMap,
    sync::{
        Arc, Weak,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_vm::InterpreterState;
use rustpython_vm::{AsObject, VirtualMachine, builtins::PyBaseExceptionRef};

use super::{Limit, Limits, Reason, Verdict, aside, recursion::Recursion};
use crate::{Error, api::shared::Shared};

/// The runtimes with limits on output, by their interpreters' numbers, once for each call under such.
static OUTPUT_LIMITED: Mutex<Vec<(i64, Weak<Shared>)>> = Mutex::new(Vec::new());

/// How long that list is: streams look at this first.
static ANY_OUTPUT_LIMITED: AtomicUsize = AtomicUsize::new(0);

/// A program of `vm`'s interpreter has written so many bytes to a standard stream that leads to the
/// host.
pub(crate) fn note_output(vm: &VirtualMachine, bytes: usize) {
    if ANY_OUTPUT_LIMITED.load(Ordering::Acquire) == 0 {
        return;
    }
    let id = vm.state.interpreter_id;
    let found = {
        let limited = OUTPUT_LIMITED.lock();
        let own = limited.iter().find(|(interpreter, _)| *interpreter == id);
        own.and_then(|(_, shared)| shared.upgrade())
    };
    if let Some(shared) = found {
        shared.control.watch.written(bytes);
    }
}

/// A call under a limit on output.
struct OutputLimited(i64);

impl OutputLimited {
    fn begin(shared: &Arc<Shared>, vm: &VirtualMachine) -> Self {
        let id = vm.state.interpreter_id;
        OUTPUT_LIMITED.lock().push((id, Arc::downgrade(shared)));
        ANY_OUTPUT_LIMITED.fetch_add(1, Ordering::AcqRel);
        Self(id)
    }
}

impl Drop for OutputLimited {
    fn drop(&mut self) {
        let mut limited = OUTPUT_LIMITED.lock();
        if let Some(place) = limited.iter().position(|(id, _)| *id == self.0) {
            limited.swap_remove(place);
            ANY_OUTPUT_LIMITED.fetch_sub(1, Ordering::AcqRel);
        }
    }
}

/// How often what cannot be waited for is looked at.
const TICK: Duration = Duration::from_millis(5);

/// How long the thread stays when no limits are active: the next call may be close behind.
const LINGER: Duration = Duration::from_millis(20);

/// How long a call that hit a limit waits for threads that will not end, beyond its grace period.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is watched in one runtime.
#[derive(Default)]
pub(crate) struct Watch {
    scopes: Mutex<Scopes>,
    changed: Condvar,
    /// Bytes written since the runtime was made.
    written: AtomicU64,
}

#[derive(Default)]
struct Scopes {
    active: Vec<Scope>,
    next: u64,
    has_thread: bool,
}

impl Scopes {
    /// How many threads there may be for all active calls, if that is limited.
    fn most_threads(&self) -> Option<usize> {
        let limits = self.active.iter().map(|scope| scope.limits.threads);
        limits.flatten().min()
    }

    /// To be called when a call has come or gone.
    fn tell(&self, state: &InterpreterState) {
        state.limit_threads(self.most_threads().unwrap_or(usize::MAX));
    }
}

/// One call under limits.
struct Scope {
    id: u64,
    limits: Limits,
    /// The ident of the calling thread.
    owner: u64,
    began: Instant,
    cpu: Cpu,
    /// What the process had resident at the beginning.
    resident: u64,
    /// What was written before.
    written: u64,
    verdict: Option<Arc<Verdict>>,
}

/// The processor time of a runtime's threads since some moment.
#[derive(Default)]
struct Cpu {
    /// By ident: when it was first seen, and when it was last seen.
    seen: HashMap<u64, (Duration, Duration)>,
    /// Of threads that have ended.
    ended: Duration,
}

impl Cpu {
    fn begin(state: &InterpreterState) -> Self {
        let mut cpu = Self::default();
        for member in state.all_threads() {
            if let Some(time) = state.cpu_time(member.ident) {
                cpu.seen.insert(member.ident, (time, time));
            }
        }
        cpu
    }

    fn total(&mut self, state: &InterpreterState) -> Duration {
        for member in state.all_threads() {
            let Some(time) = state.cpu_time(member.ident) else {
                continue;
            };
            let (first, last) = self.seen.entry(member.ident).or_default();
            if time < *last {
                // Another thread has got the number of one that has ended.
                self.ended += last.saturating_sub(*first);
                *first = Duration::ZERO;
            }
            *last = time;
        }
        let alive = self.seen.values();
        let alive: Duration = alive.map(|(first, last)| last.saturating_sub(*first)).sum();
        self.ended + alive
    }
}

impl Scope {
    /// The limit that was hit, or else when to look again.
    fn look(&mut self, shared: &Shared) -> Result<Option<Instant>, Limit> {
        let watch = &shared.control.watch;
        let now = Instant::now();
        let limits = &self.limits;
        let mut next: Option<Instant> = None;
        let mut soon = |at: Instant| next = Some(next.map_or(at, |next| next.min(at)));
        if let Some(wall) = limits.wall {
            if now.duration_since(self.began) >= wall {
                return Err(Limit::Wall(wall));
            }
            soon(self.began + wall);
        }
        if let Some(limit) = limits.cpu {
            let used = self.cpu.total(shared.state());
            if used >= limit {
                return Err(Limit::Cpu(limit));
            }
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let left = (limit - used) / u32::try_from(cores).unwrap_or(1);
            soon(now + left.clamp(Duration::from_millis(1), TICK * 4));
        }
        if let Some(limit) = limits.threads {
            let started = shared.state().all_threads();
            let is_started = |origin| matches!(origin, pyt_vm::control::Origin::Started { .. });
            let alive = started.iter().filter(|member| is_started(member.origin));
            // There were too many at the beginning: whoever starts one more is refused.
            if alive.count() > limit {
                return Err(Limit::Threads(limit));
            }
        }
        if let Some(limit) = limits.memory {
            if resident().saturating_sub(self.resident) > limit {
                return Err(Limit::Memory(limit));
            }
            soon(now + TICK);
        }
        if let Some(limit) = limits.output {
            if watch.written.load(Ordering::Acquire) - self.written > limit {
                return Err(Limit::Output(limit));
            }
            soon(now + TICK);
        }
        Ok(next)
    }
}

/// What the process has resident, in bytes; zero where the system does not tell.
fn resident() -> u64 {
    const PAGE: u64 = 4096;
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else {
        return 0;
    };
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    pages.unwrap_or(0) * PAGE
}

impl Watch {
    /// The program has written so many bytes to its standard streams. Blocks nobody.
    fn written(&self, bytes: usize) {
        self.written
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::AcqRel);
        self.changed.notify_all();
    }

    /// The limits of the innermost call of the thread with this ident that is under some.
    fn recursion_of(&self, owner: u64) -> Option<usize> {
        let scopes = self.scopes.lock();
        let own = scopes
            .active
            .iter()
            .rev()
            .filter(|scope| scope.owner == owner);
        own.filter_map(|scope| scope.limits.recursion).next()
    }

    fn note(&self, id: u64, verdict: Arc<Verdict>) {
        let mut scopes = self.scopes.lock();
        if let Some(scope) = scopes.active.iter_mut().find(|scope| scope.id == id) {
            scope.verdict.get_or_insert(verdict);
        }
    }
}

impl Shared {
    /// Runs `f` under limits, on the calling thread, which is inside. If all threads are being stopped
    /// at its end, waits for them, and says why.
    pub(crate) fn limited<R>(
        self: &Arc<Self>,
        vm: &VirtualMachine,
        limits: &Limits,
        f: impl FnOnce() -> R,
    ) -> (R, Option<Arc<Verdict>>) {
        let owner = InterpreterState::own_ident();
        let recursion = limits.recursion.map(|depth| Recursion::limit(vm, depth));
        let output = limits.output.map(|_| OutputLimited::begin(self, vm));
        let watched = Watched {
            shared: self,
            id: self.watch(limits, owner),
        };
        let result = f();
        drop(output);
        drop(recursion);
        let own = watched.verdict();
        let Some(verdict) = own.or_else(|| self.control.stops.for_thread(owner)) else {
            return (result, None);
        };
        // Until then the limits hold: on threads, say, for those that are being stopped.
        self.control.watch.note(watched.id, verdict.clone());
        let end = Instant::now() + limits.grace + PATIENCE;
        vm.allow_threads(|| verdict.wait(end));
        drop(watched);
        self.control.left(owner);
        self.state().cancel_unwind(owner);
        (result, Some(verdict))
    }

    /// Begins to watch. Returns the number by which to end it.
    fn watch(self: &Arc<Self>, limits: &Limits, owner: u64) -> u64 {
        let watch = &self.control.watch;
        let cpu = limits.cpu.map(|_| Cpu::begin(self.state()));
        let mut scopes = watch.scopes.lock();
        let id = scopes.next;
        scopes.next += 1;
        scopes.active.push(Scope {
            id,
            owner,
            began: Instant::now(),
            cpu: cpu.unwrap_or_default(),
            resident: limits.memory.map_or(0, |_| resident()),
            written: watch.written.load(Ordering::Acquire),
            limits: limits.clone(),
            verdict: None,
        });
        scopes.tell(self.state());
        if scopes.has_thread {
            drop(scopes);
            watch.changed.notify_all();
        } else {
            let shared = self.clone();
            scopes.has_thread = aside(move || shared.keep_watch());
        }
        id
    }

    fn keep_watch(self: Arc<Self>) {
        let watch = &self.control.watch;
        loop {
            let mut hits = Vec::new();
            let mut scopes = watch.scopes.lock();
            if scopes.active.is_empty() {
                let is_over = watch.changed.wait_for(&mut scopes, LINGER).timed_out();
                if is_over && scopes.active.is_empty() {
                    scopes.has_thread = false;
                    return;
                }
                continue;
            }
            let mut next: Option<Instant> = None;
            for scope in &mut scopes.active {
                if scope.verdict.is_some() {
                    continue;
                }
                match scope.look(&self) {
                    Ok(Some(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                    Ok(None) => {}
                    Err(limit) => hits.push((scope.id, limit, scope.limits.grace)),
                }
            }
            if hits.is_empty() {
                match next {
                    Some(next) => drop(watch.changed.wait_until(&mut scopes, next)),
                    None => watch.changed.wait(&mut scopes),
                }
            }
            drop(scopes);
            for (id, limit, grace) in hits {
                let verdict = self.stop(Reason::Limit(limit), grace);
                watch.note(id, verdict);
            }
        }
    }

    /// What is raised in the calling thread, which would start one more thread than it may: first all
    /// are stopped. `None`: there is no such limit any more.
    pub(crate) fn refuse_thread(
        self: &Arc<Self>,
        most: usize,
        vm: &VirtualMachine,
    ) -> Option<PyBaseExceptionRef> {
        let watch = &self.control.watch;
        let limiting: Vec<(u64, Duration)> = {
            let scopes = watch.scopes.lock();
            let active = scopes.active.iter();
            let limiting = active.filter(|scope| scope.limits.threads == Some(most));
            limiting
                .map(|scope| (scope.id, scope.limits.grace))
                .collect()
        };
        let (_, grace) = *limiting.first()?;
        let verdict = self.stop(Reason::Limit(Limit::Threads(most)), grace);
        for (id, _) in limiting {
            watch.note(id, verdict.clone());
        }
        // Else it would be raised again in the handlers of what is raised here.
        vm.allow_threads(|| verdict.wait_until_raised());
        Some(self.state().take_stop(vm))
    }

    /// What a call of the host's has for an error that failed with `raised`, if that is a recursion
    /// limit's doing.
    pub(crate) fn recursed(
        self: &Arc<Self>,
        raised: &PyBaseExceptionRef,
        vm: &VirtualMachine,
    ) -> Option<Error> {
        if !raised.fast_isinstance(vm.ctx.exceptions.recursion_error) {
            return None;
        }
        let depth = self
            .control
            .watch
            .recursion_of(InterpreterState::own_ident())?;
        Some(Error::limited(Limit::Recursion(depth), self.threads()))
    }
}

/// A call that is watched.
struct Watched<'a> {
    shared: &'a Arc<Shared>,
    id: u64,
}

impl Watched<'_> {
    fn verdict(&self) -> Option<Arc<Verdict>> {
        let scopes = self.shared.control.watch.scopes.lock();
        let own = scopes.active.iter().find(|scope| scope.id == self.id);
        own.and_then(|scope| scope.verdict.clone())
    }
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        let watch = &self.shared.control.watch;
        let mut scopes = watch.scopes.lock();
        scopes.active.retain(|scope| scope.id != self.id);
        scopes.tell(self.shared.state());
        drop(scopes);
        watch.changed.notify_all();
    }
}
