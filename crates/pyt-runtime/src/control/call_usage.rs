//! The calls under limits of one runtime, and what each has used up.
//!
//! Who measures, and what happens when a limit is hit, is not known here.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex};
use pyt_vm::{InterpreterState, control::ThreadKind, steps::Steps};

use super::{
    limits::{Limit, Limits},
    stop_request::StopRequest,
};

/// How often memory and output are measured. Processor time is measured at least every fourth time.
const MEASURE_INTERVAL: Duration = Duration::from_millis(5);

/// The shortest pause between two measurements of processor time.
const SHORTEST_CPU_INTERVAL: Duration = Duration::from_millis(1);

/// The calls under limits of one runtime.
#[derive(Default)]
pub(super) struct LimitedCalls {
    pub(super) table: Mutex<CallTable>,
    /// Notified when a call begins or ends, and when the program writes.
    pub(super) changed: Condvar,
    /// Bytes written to streams that lead to the host since the runtime was made.
    written: AtomicU64,
}

#[derive(Default)]
pub(super) struct CallTable {
    pub(super) active: Vec<LimitedCall>,
    next: u64,
    /// Whether a watchdog thread is there.
    pub(super) is_watched: bool,
}

/// One call under limits.
pub(super) struct LimitedCall {
    pub(super) id: u64,
    pub(super) limits: Limits,
    /// The ident of the calling thread.
    owner: u64,
    began: Instant,
    cpu: CpuTime,
    /// The process's resident memory at the beginning, in bytes.
    resident: u64,
    /// The most of it that there ever was before, in bytes.
    peak: u64,
    /// What was written before, in bytes.
    written: u64,
    /// How many instructions were counted before.
    pub(super) steps: u64,
    /// The stop that a limit of this call has caused.
    pub(super) stop: Option<Arc<StopRequest>>,
}

impl LimitedCalls {
    /// The program has written so many bytes. Does not block.
    pub(super) fn note_output(&self, bytes: usize) {
        self.written
            .fetch_add(u64::try_from(bytes).unwrap_or(u64::MAX), Ordering::AcqRel);
        self.changed.notify_all();
    }

    pub(super) fn written(&self) -> u64 {
        self.written.load(Ordering::Acquire)
    }

    /// The recursion limit of the innermost call of the thread with this ident that has one.
    pub(super) fn recursion_limit_of(&self, owner: u64) -> Option<usize> {
        let table = self.table.lock();
        let mut own = table.active.iter().rev().filter(|call| call.owner == owner);
        own.find_map(|call| call.limits.recursion)
    }

    /// Notes that a limit of the call `id` has caused `stop`.
    pub(super) fn note_stop(&self, id: u64, stop: Arc<StopRequest>) {
        let mut table = self.table.lock();
        if let Some(call) = table.active.iter_mut().find(|call| call.id == id) {
            call.stop.get_or_insert(stop);
        }
    }

    /// The stop that a limit of the call `id` has caused.
    pub(super) fn stop_of(&self, id: u64) -> Option<Arc<StopRequest>> {
        let table = self.table.lock();
        let own = table.active.iter().find(|call| call.id == id);
        own.and_then(|call| call.stop.clone())
    }
}

impl CallTable {
    /// Adds a call of the thread with the ident `owner`. Returns its number.
    pub(super) fn begin(
        &mut self,
        limits: &Limits,
        owner: u64,
        cpu: Option<CpuTime>,
        written: u64,
        steps: u64,
    ) -> u64 {
        let id = self.next;
        self.next += 1;
        self.active.push(LimitedCall {
            id,
            owner,
            began: Instant::now(),
            cpu: cpu.unwrap_or_default(),
            resident: limits.memory.map_or(0, |_| resident()),
            peak: limits.memory.map_or(0, |_| peak()),
            written,
            steps,
            limits: limits.clone(),
            stop: None,
        });
        id
    }

    pub(super) fn end(&mut self, id: u64) {
        self.active.retain(|call| call.id != id);
    }

    /// How many threads there may be for all active calls, if that is limited.
    fn most_threads(&self) -> Option<usize> {
        let limits = self.active.iter().map(|call| call.limits.threads);
        limits.flatten().min()
    }

    /// Up to which count of instructions all active calls may go that have not exceeded it.
    pub(super) fn most_steps(&self) -> u64 {
        let going = self.active.iter().filter(|call| call.stop.is_none());
        going
            .filter_map(LimitedCall::last_step)
            .min()
            .unwrap_or(u64::MAX)
    }

    /// Applies the limit on threads. Call it when a call has begun or ended.
    pub(super) fn apply_thread_limit(&self, state: &InterpreterState) {
        state.limit_threads(self.most_threads().unwrap_or(usize::MAX));
    }
}

impl LimitedCall {
    /// The count of instructions up to which the call may go.
    pub(super) fn last_step(&self) -> Option<u64> {
        let most = self.limits.steps?;
        Some(self.steps.saturating_add(most))
    }

    /// As [`measure`](Self::measure), at the end of the call: the limit that was exceeded since it
    /// was last measured, also if what exceeded it is gone again.
    pub(super) fn measure_last(&mut self, state: &InterpreterState, written: u64) -> Option<Limit> {
        if let Err(limit) = self.measure(state, written) {
            return Some(limit);
        }
        let limit = self.limits.memory?;
        let peak = peak();
        (peak > self.peak && peak.saturating_sub(self.resident) > limit)
            .then_some(Limit::Memory(limit))
    }

    /// Measures what the call has used up. Returns when to measure again, or else the limit that
    /// was hit. `written` is what the runtime's programs have written so far, in bytes.
    pub(super) fn measure(
        &mut self,
        state: &InterpreterState,
        written: u64,
    ) -> Result<Option<Instant>, Limit> {
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
            let used = self.cpu.total(state);
            if used >= limit {
                return Err(Limit::Cpu(limit));
            }
            let cores = std::thread::available_parallelism().map_or(1, usize::from);
            let left = limit.saturating_sub(used) / u32::try_from(cores).unwrap_or(1);
            soon(now + left.clamp(SHORTEST_CPU_INTERVAL, MEASURE_INTERVAL * 4));
        }
        if let Some(limit) = limits.threads {
            let members = state.all_threads();
            let is_started = |kind| matches!(kind, ThreadKind::Started { .. });
            let alive = members.iter().filter(|member| is_started(member.kind));
            // Only if there were too many at the beginning: starting one more is refused.
            if alive.count() > limit {
                return Err(Limit::Threads(limit));
            }
        }
        if let Some(limit) = limits.memory {
            if resident().saturating_sub(self.resident) > limit {
                return Err(Limit::Memory(limit));
            }
            soon(now + MEASURE_INTERVAL);
        }
        if limits.steps.is_some() {
            Steps::of(state).assert(state);
            soon(now + MEASURE_INTERVAL);
        }
        if let Some(limit) = limits.output {
            if written - self.written > limit {
                return Err(Limit::Output(limit));
            }
            soon(now + MEASURE_INTERVAL);
        }
        Ok(next)
    }
}

/// The processor time of a runtime's threads since some moment.
#[derive(Default)]
pub(super) struct CpuTime {
    /// By ident: the thread's time when it was first measured, and when it was last measured.
    seen: HashMap<u64, (Duration, Duration)>,
    /// The time of threads that have ended.
    ended: Duration,
}

impl CpuTime {
    pub(super) fn begin(state: &InterpreterState) -> Self {
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
                // Another thread has got the ident of one that has ended.
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

/// The process's resident memory in bytes; zero where the system does not tell.
fn resident() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/statm") else {
        return 0;
    };
    let pages = text.split(' ').nth(1).and_then(|pages| pages.parse().ok());
    // SAFETY: it only returns a number.
    let page = unsafe { libc::sysconf(libc::_SC_PAGESIZE) };
    let page = u64::try_from(page).unwrap_or_default();
    pages.unwrap_or(0_u64).saturating_mul(page)
}

/// The most that the process's resident memory ever was, in bytes; zero where the system does not
/// tell.
fn peak() -> u64 {
    let Ok(text) = std::fs::read_to_string("/proc/self/status") else {
        return 0;
    };
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
    kilobytes.unwrap_or(0_u64).saturating_mul(1024)
}
