//! A thread as the scheduler sees it: an identity, a place to park, and what it waits for.

use std::{
    cell::{Cell, RefCell},
    fmt,
    sync::Arc,
};

use crate::{
    Scheduler,
    parker::{Parked, Parker},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        thread_local,
    },
    wait::Waiting,
};

/// Identifies a thread for as long as the process lives; never zero, never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub(crate) u64);

impl ThreadId {
    pub(crate) fn next() -> Self {
        static NEXT: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(1);
        Self(NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed))
    }

    /// The number behind the identity.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl fmt::Display for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

thread_local! {
    /// The threads this OS thread has begun and not ended, innermost last.
    static CURRENT: RefCell<Vec<Arc<Thread>>> = RefCell::new(Vec::new());
    /// The innermost one's number, or one for an OS thread that no scheduler knows.
    static CURRENT_ID: Cell<u64> = Cell::new(0);
}

/// The calling thread's identity. Cheap: one thread-local read.
#[must_use]
pub fn current_id() -> ThreadId {
    CURRENT_ID.with(|id| {
        if id.get() == 0 {
            id.set(ThreadId::next().0);
        }
        ThreadId(id.get())
    })
}

/// The [tag](Thread::tag) of a thread of the calling thread's scheduler; `None` if it has ended.
#[must_use]
pub fn tag_of(thread: ThreadId) -> Option<u64> {
    let scheduler = Thread::current_or_adopted().scheduler.clone();
    scheduler.thread(thread).map(|thread| thread.tag())
}

/// A thread known to a [`Scheduler`].
pub struct Thread {
    id: ThreadId,
    name: Mutex<String>,
    scheduler: Arc<Scheduler>,
    parker: Parker,
    /// Set while the thread is in our hands: parked, or granted but not yet back in the world.
    in_wait: AtomicBool,
    /// Set once the thread must never run again.
    halted: AtomicBool,
    /// Signal handlers run on this thread.
    takes_signals: AtomicBool,
    tag: AtomicU64,
    pub(crate) waiting: Mutex<Option<Waiting>>,
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("id", &self.id.0)
            .field("name", &*self.name.lock())
            .finish_non_exhaustive()
    }
}

impl Thread {
    pub(crate) fn new(scheduler: Arc<Scheduler>, id: ThreadId, name: &str) -> Self {
        Self {
            id,
            name: Mutex::new(name.to_owned()),
            scheduler,
            parker: Parker::default(),
            in_wait: AtomicBool::new(true),
            halted: AtomicBool::new(false),
            takes_signals: AtomicBool::new(false),
            tag: AtomicU64::new(0),
            waiting: Mutex::new(None),
        }
    }

    /// The calling thread, if it has [begun](Self::begin).
    #[must_use]
    pub fn current() -> Option<Arc<Self>> {
        CURRENT.with(|stack| stack.borrow().last().cloned())
    }

    /// The calling thread; one that no scheduler knows is taken in by a free one on the real
    /// clock, for as long as the OS thread lives.
    pub(crate) fn current_or_adopted() -> Arc<Self> {
        Self::current().unwrap_or_else(|| {
            // It keeps the identity it may have taken locks under.
            let thread = Scheduler::of_strangers().register_as(current_id(), "stranger");
            thread.adopt();
            thread.in_wait.store(false, Ordering::Release);
            thread
        })
    }

    /// The thread's identity.
    #[must_use]
    pub const fn id(&self) -> ThreadId {
        self.id
    }

    /// The scheduler it belongs to.
    #[must_use]
    pub const fn scheduler(&self) -> &Arc<Scheduler> {
        &self.scheduler
    }

    /// Its name, for reports.
    #[must_use]
    pub fn name(&self) -> String {
        self.name.lock().clone()
    }

    /// Renames it.
    pub fn set_name(&self, name: &str) {
        name.clone_into(&mut self.name.lock());
    }

    /// The world's own number for this thread; zero until [`set_tag`](Self::set_tag).
    #[must_use]
    pub fn tag(&self) -> u64 {
        self.tag.load(Ordering::Acquire)
    }

    /// Gives the thread the world's own number for it.
    pub fn set_tag(&self, tag: u64) {
        self.tag.store(tag, Ordering::Release);
    }

    /// Says that signal handlers run on this thread, so that its waits look for signals.
    pub fn set_takes_signals(&self, takes: bool) {
        self.takes_signals.store(takes, Ordering::Relaxed);
    }

    pub(crate) fn takes_signals(&self) -> bool {
        self.takes_signals.load(Ordering::Relaxed)
    }

    /// Makes this record the calling OS thread's own. [`begin`](Self::begin) does this and more;
    /// a thread that was made ready by its starter adopts itself, then
    /// [waits for its turn](Self::await_turn).
    pub fn adopt(self: &Arc<Self>) {
        CURRENT.with(|stack| stack.borrow_mut().push(self.clone()));
        CURRENT_ID.with(|id| id.set(self.id.0));
    }

    /// Starts taking part on the calling OS thread: waits for the turn to run. To be called
    /// before the world is entered, and paired with [`end`](Self::end).
    pub fn begin(self: &Arc<Self>) {
        self.adopt();
        self.scheduler.policy().ready(self);
        self.await_turn();
    }

    /// Blocks until the policy grants this thread its turn.
    pub fn await_turn(&self) {
        while self.parker.park(None) != Parked::Token {}
    }

    /// Says that the thread has entered the world after [`begin`](Self::begin): from now on it
    /// can be preempted.
    pub fn entered(&self) {
        self.in_wait.store(false, Ordering::Release);
    }

    /// Stops taking part: gives up the turn. The last thing before the thread leaves the world.
    pub fn end(self: &Arc<Self>) {
        self.in_wait.store(true, Ordering::Release);
        self.scheduler.unregister(self);
        self.scheduler.policy().leave(self);
        CURRENT.with(|stack| {
            let mut stack = stack.borrow_mut();
            if let Some(place) = stack.iter().rposition(|other| Arc::ptr_eq(other, self)) {
                stack.remove(place);
            }
            CURRENT_ID.with(|id| id.set(stack.last().map_or(0, |outer| outer.id.0)));
        });
    }

    /// Lets a parked thread run. For policies: exactly once for each time it was made ready.
    pub fn grant(&self) {
        if !self.is_halted() {
            self.parker.unpark();
        }
    }

    pub(crate) fn park(&self, timeout: Option<std::time::Duration>) -> Parked {
        self.parker.park(timeout)
    }

    pub(crate) fn set_in_wait(&self, value: bool) {
        self.in_wait.store(value, Ordering::Release);
    }

    /// Whether the thread is in the scheduler's hands rather than running or in foreign code.
    #[must_use]
    pub fn in_wait(&self) -> bool {
        self.in_wait.load(Ordering::Acquire)
    }

    /// Whether the thread was [halted](Scheduler::halt) for good.
    #[must_use]
    pub fn is_halted(&self) -> bool {
        self.halted.load(Ordering::Acquire)
    }

    pub(crate) fn set_halted(&self) {
        self.halted.store(true, Ordering::Release);
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_that_is_taken_in_keeps_its_identity() {
        std::thread::spawn(|| {
            let before = current_id();
            assert_eq!(Thread::current_or_adopted().id(), before);
            assert_eq!(current_id(), before);
        })
        .join()
        .unwrap();
    }
}
