//! For tests on real threads: threads of a scheduler, and a deadline after which a test that hangs
//! fails and reports what each thread waits for.

#![allow(dead_code, reason = "each test target uses its part")]

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use pyt_sched::{Deadline, Scheduler, Thread, ThreadStatus};

/// After this long a test counts as hanging; long enough for the busiest machine.
pub(crate) const HANG_TIMEOUT: Duration = Duration::from_secs(60);

/// Runs `body` as the main thread of `scheduler`, on a thread of its own. Fails with what each
/// thread waits for if it has not ended after [`HANG_TIMEOUT`].
pub(crate) fn run(scheduler: &Arc<Scheduler>, body: impl FnOnce(&Fixture) + Send + 'static) {
    let (ended, end) = mpsc::channel::<()>();
    let fixture = Fixture {
        scheduler: scheduler.clone(),
    };
    let main = fixture.spawn("main", {
        let fixture = fixture.clone();
        move || {
            let _ended = ended;
            body(&fixture);
        }
    });
    // Whether it ends or panics, it drops its end of the channel.
    assert!(
        end.recv_timeout(HANG_TIMEOUT) != Err(mpsc::RecvTimeoutError::Timeout),
        "hangs; {}",
        describe(scheduler)
    );
    if let Err(panic) = main.handle.join() {
        std::panic::resume_unwind(panic);
    }
}

/// What each thread waits for.
pub(crate) fn describe(scheduler: &Scheduler) -> String {
    let report = scheduler.report_now();
    let mut text = format!("at {:?}:\n", report.now);
    for row in report.rows {
        text += &format!("  {} {}: {:?}\n", row.id, row.name, row.status);
    }
    text
}

/// What a test's threads share.
#[derive(Clone)]
pub(crate) struct Fixture {
    pub scheduler: Arc<Scheduler>,
}

/// A running thread.
pub(crate) struct Worker {
    pub record: Arc<Thread>,
    handle: JoinHandle<()>,
}

/// Ends the thread even if it panics, so that others do not wait for it.
struct EndOnDrop(Arc<Thread>);

impl Drop for EndOnDrop {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Fixture {
    /// Starts a thread that takes part. It counts as running from now on.
    pub(crate) fn spawn(&self, name: &str, f: impl FnOnce() + Send + 'static) -> Worker {
        let record = self.scheduler.register(name);
        let own = record.clone();
        let handle = thread::spawn(move || {
            own.begin();
            own.entered();
            let _end = EndOnDrop(own);
            f();
        });
        Worker { record, handle }
    }

    /// Yields until `ready`; fails after [`HANG_TIMEOUT`].
    pub(crate) fn until(&self, what: &str, ready: impl Fn() -> bool) {
        let me = Thread::current().expect("on a thread of the fixture");
        let began = Instant::now();
        while !ready() {
            assert!(
                began.elapsed() < HANG_TIMEOUT,
                "never: {what}; {}",
                describe(&self.scheduler)
            );
            self.scheduler.yield_now(&me);
            thread::sleep(Duration::from_micros(100));
        }
    }

    /// Waits until `worker` is blocked in a primitive.
    pub(crate) fn until_waits(&self, worker: &Worker) {
        self.until("blocked", || self.waiting(worker).is_some());
    }

    /// Waits until `worker` has ended, and fails if it panicked.
    pub(crate) fn join(&self, worker: Worker) {
        self.until("ended", || worker.handle.is_finished());
        if let Err(panic) = worker.handle.join() {
            std::panic::resume_unwind(panic);
        }
    }

    /// What `worker` waits for, if it does.
    pub(crate) fn waiting(&self, worker: &Worker) -> Option<pyt_sched::Waiting> {
        let report = self.scheduler.report_now();
        let row = report
            .rows
            .iter()
            .find(|row| row.id == worker.record.id())?;
        match row.status {
            ThreadStatus::Waiting { waiting, .. } if worker.record.in_wait() => Some(waiting),
            _ => None,
        }
    }
}

/// A deadline `millis` from now on the calling thread's clock.
pub(crate) fn ms(millis: u64) -> Option<Deadline> {
    Some(Deadline::after(Duration::from_millis(millis)))
}
