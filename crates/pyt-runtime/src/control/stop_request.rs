//! Stops of all threads, as records: why, where each thread stood, for whom, and how far they are.
//!
//! How a stop is carried out is not known here.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use parking_lot::{Condvar, Mutex, MutexGuard};

use super::{limits::Limit, thread_info::ThreadInfo};

/// How long [`StopRequest::threads`] blocks at most.
const THREADS_TIMEOUT: Duration = Duration::from_secs(1);

/// How long a thread blocks at most until the exception that ends it is on its way to it.
const RAISED_TIMEOUT: Duration = Duration::from_secs(4);

/// Why all threads are stopped.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum StopReason {
    /// A limit was hit.
    Limit(Limit),
    /// The host asked for it.
    Asked,
    /// The runtime ends.
    Shutdown,
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Limit(limit) => limit.fmt(f),
            Self::Asked => f.write_str("the host stopped all threads"),
            Self::Shutdown => f.write_str("the runtime is shut down"),
        }
    }
}

/// One stop of all threads.
pub(crate) struct StopRequest {
    pub(crate) reason: StopReason,
    /// Where each thread stood when the stop was requested, once that is known.
    threads: Mutex<Option<Vec<ThreadInfo>>>,
    /// Idents of the host's threads that the stop is for and that have not left yet.
    hosts: Mutex<HashSet<u64>>,
    /// The exception that ends the threads is on its way to each.
    is_raised: AtomicBool,
    /// Each thread that Python started has ended or was halted.
    is_done: AtomicBool,
    /// Some thread had to be halted.
    halted: AtomicBool,
    /// Notified when one of the above changes; its lock is that of `threads`.
    changed: Condvar,
}

impl StopRequest {
    /// A stop for the host's threads with these idents, and for all threads that Python started.
    pub(super) fn new(reason: StopReason, hosts: HashSet<u64>) -> Self {
        Self {
            reason,
            threads: Mutex::new(None),
            hosts: Mutex::new(hosts),
            is_raised: AtomicBool::new(false),
            is_done: AtomicBool::new(false),
            halted: AtomicBool::new(false),
            changed: Condvar::new(),
        }
    }

    /// Where each thread stood. Blocks until that is known, for a second at most; then it is empty.
    pub(crate) fn threads(&self) -> Vec<ThreadInfo> {
        let mut threads = self.threads.lock();
        let end = Instant::now() + THREADS_TIMEOUT;
        while threads.is_none() {
            if self.changed.wait_until(&mut threads, end).timed_out() {
                break;
            }
        }
        threads.clone().unwrap_or_default()
    }

    /// Blocks until each thread that Python started has ended or was halted, or until `end`.
    /// Returns whether that is so.
    pub(crate) fn wait(&self, end: Instant) -> bool {
        self.wait_for(&self.is_done, end)
    }

    /// Blocks until the exception that ends the calling thread is on its way to it, for four
    /// seconds at most: finding out where each thread stands, which comes first, waits for native
    /// code.
    pub(crate) fn wait_until_raised(&self) {
        self.wait_for(&self.is_raised, Instant::now() + RAISED_TIMEOUT);
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

    /// Whether a thread had to be halted. Its locks stay taken, and its OS thread stays.
    pub(crate) fn has_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    pub(super) fn set_halted(&self) {
        self.halted.store(true, Ordering::Release);
    }

    /// The host's threads that the stop is for. While they are locked none is added and none
    /// leaves.
    pub(super) fn hosts(&self) -> MutexGuard<'_, HashSet<u64>> {
        self.hosts.lock()
    }

    /// Whether each thread that Python started has ended or was halted.
    pub(super) fn is_done(&self) -> bool {
        self.is_done.load(Ordering::Acquire)
    }

    /// Whether all threads that the stop is for have ended or left.
    pub(super) fn is_over(&self) -> bool {
        self.is_done() && self.hosts.lock().is_empty()
    }

    pub(super) fn note_threads(&self, threads: Vec<ThreadInfo>) {
        *self.threads.lock() = Some(threads);
        self.changed.notify_all();
    }

    pub(super) fn set_raised(&self) {
        self.set(&self.is_raised);
    }

    pub(super) fn set_done(&self) {
        self.set(&self.is_done);
    }

    /// Threads may have been started since the last one had ended.
    pub(super) fn reset_done(&self) {
        self.is_done.store(false, Ordering::Release);
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
    current: Mutex<Option<Arc<StopRequest>>>,
    /// Threads were stopped without their handlers at least once.
    forced: AtomicBool,
}

impl Stops {
    /// The stop under way, if there is one. While it is locked none begins or ends.
    pub(super) fn lock_current(&self) -> MutexGuard<'_, Option<Arc<StopRequest>>> {
        self.current.lock()
    }

    /// The stop under way, if it is for the host's thread with this ident.
    pub(crate) fn for_thread(&self, ident: u64) -> Option<Arc<StopRequest>> {
        let request = self.current.lock().clone()?;
        let is_target = request.hosts.lock().contains(&ident);
        is_target.then_some(request)
    }

    /// The host's thread with this ident has left: no stop is for it any more.
    pub(super) fn left(&self, ident: u64) {
        let mut current = self.current.lock();
        if let Some(request) = &*current {
            request.hosts.lock().remove(&ident);
            if request.is_over() {
                *current = None;
            }
        }
    }

    /// Ends `request`: nothing more is done about it.
    pub(super) fn conclude(&self, request: &Arc<StopRequest>) {
        Self::take_down(&mut self.current.lock(), request);
        request.set_raised();
        request.set_done();
    }

    /// As [`conclude`](Self::conclude), unless `request` is for a thread of the host's, which may
    /// have been added at the last moment. Returns whether it is over.
    pub(super) fn conclude_if_over(&self, request: &Arc<StopRequest>) -> bool {
        let mut current = self.current.lock();
        let is_over = request.hosts.lock().is_empty();
        if is_over {
            Self::take_down(&mut current, request);
        }
        is_over
    }

    fn take_down(current: &mut Option<Arc<StopRequest>>, request: &Arc<StopRequest>) {
        let is_current = |current: &mut Arc<StopRequest>| Arc::ptr_eq(current, request);
        drop(current.take_if(is_current));
    }

    /// Notes that threads are stopped without their handlers.
    pub(super) fn note_force(&self) {
        self.forced.store(true, Ordering::Release);
    }

    /// Whether threads had to be stopped without their handlers: locks of the program's or of the
    /// library's may be held for ever.
    pub(crate) fn had_to_force(&self) -> bool {
        self.forced.load(Ordering::Acquire)
    }
}
