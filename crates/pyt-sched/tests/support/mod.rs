//! For tests on real threads: threads that take part in a scheduler, and a deadline after which a
//! test that hangs fails and says who waited for what.

#![allow(dead_code, reason = "each test target uses its part")]

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use pyt_sched::{Deadline, Scheduler, Thread, ThreadStatus};

/// Long enough for the busiest machine; only a test that hangs ever waits so long.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs `body` as the main thread of `scheduler`, on a thread of its own. Fails with the table of
/// who waits for what if it has not ended after [`PATIENCE`].
pub fn run(scheduler: &Arc<Scheduler>, body: impl FnOnce(&Stage) + Send + 'static) {
    let (ended, end) = mpsc::channel::<()>();
    let stage = Stage {
        scheduler: scheduler.clone(),
    };
    let main = stage.spawn("main", {
        let stage = stage.clone();
        move || {
            let _ended = ended;
            body(&stage);
        }
    });
    // Whether it ends or panics, it drops its end of the channel.
    if end.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
        panic!("hangs; {}", describe(scheduler));
    }
    if let Err(panic) = main.handle.join() {
        std::panic::resume_unwind(panic);
    }
}

/// Who waits for what.
pub fn describe(scheduler: &Scheduler) -> String {
    let report = scheduler.report_now();
    let mut text = format!("at {:?}:\n", report.now);
    for row in report.rows {
        text += &format!("  {} {}: {:?}\n", row.id, row.name, row.status);
    }
    text
}

/// What a test's threads share.
#[derive(Clone)]
pub struct Stage {
    pub scheduler: Arc<Scheduler>,
}

/// A running thread.
pub struct Actor {
    pub record: Arc<Thread>,
    handle: JoinHandle<()>,
}

/// Ends the thread's part even if it panics, so that the others are not kept waiting.
struct Part(Arc<Thread>);

impl Drop for Part {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Stage {
    /// Starts a thread that takes part. It counts as running from now on.
    pub fn spawn(&self, name: &str, f: impl FnOnce() + Send + 'static) -> Actor {
        let record = self.scheduler.register(name);
        let own = record.clone();
        let handle = thread::spawn(move || {
            own.begin();
            own.entered();
            let _part = Part(own);
            f();
        });
        Actor { record, handle }
    }

    /// Yields until `ready`; fails after [`PATIENCE`].
    pub fn until(&self, what: &str, ready: impl Fn() -> bool) {
        let me = Thread::current().expect("on a thread of the stage");
        let began = Instant::now();
        while !ready() {
            assert!(
                began.elapsed() < PATIENCE,
                "never: {what}; {}",
                describe(&self.scheduler)
            );
            self.scheduler.yield_now(&me);
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Waits until `actor` is blocked in one of our primitives.
    pub fn until_waits(&self, actor: &Actor) {
        self.until("blocked", || self.waiting(actor).is_some());
    }

    /// Waits until `actor` has ended, and fails if it panicked.
    pub fn join(&self, actor: Actor) {
        self.until("ended", || actor.handle.is_finished());
        if let Err(panic) = actor.handle.join() {
            std::panic::resume_unwind(panic);
        }
    }

    /// What `actor` waits for, if it does.
    pub fn waiting(&self, actor: &Actor) -> Option<pyt_sched::Waiting> {
        let report = self.scheduler.report_now();
        let row = report.rows.iter().find(|row| row.id == actor.record.id())?;
        match row.status {
            ThreadStatus::Waiting { waiting, .. } if actor.record.in_wait() => Some(waiting),
            _ => None,
        }
    }
}

/// A deadline `millis` from now on the calling thread's clock.
pub fn ms(millis: u64) -> Option<Deadline> {
    Some(Deadline::after(Duration::from_millis(millis)))
}
