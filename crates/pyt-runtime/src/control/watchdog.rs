//! The thread that measures what calls under limits use up. It is there while any such call is
//! active, and stops all threads when a limit is hit.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_vm::steps::Steps;

use super::{
    call_usage::CpuTime, control_thread::spawn_control_thread, limits::Limits,
    stop_request::StopReason,
};
use crate::api::runtime_core::RuntimeCore;

/// How long the thread stays when no call is active: the next one may follow soon.
const IDLE_TIMEOUT: Duration = Duration::from_millis(20);

impl RuntimeCore {
    /// Begins to watch a call of the thread with the ident `owner`. Returns the call's number.
    pub(super) fn watch(self: &Arc<Self>, limits: &Limits, owner: u64) -> u64 {
        let calls = &self.control().calls;
        let cpu = limits.cpu.map(|_| CpuTime::begin(self.state()));
        let mut table = calls.table.lock();
        let steps = Steps::of(self.state());
        let id = table.begin(limits, owner, cpu, calls.written(), steps.taken());
        table.apply_thread_limit(self.state());
        steps.limit(table.most_steps());
        if table.is_watched {
            drop(table);
            calls.changed.notify_all();
        } else {
            let core = self.clone();
            table.is_watched = spawn_control_thread(move || core.keep_watch());
        }
        id
    }

    /// Ends watching the call with this number.
    pub(super) fn unwatch(&self, id: u64) {
        let calls = &self.control().calls;
        let mut table = calls.table.lock();
        table.end(id);
        table.apply_thread_limit(self.state());
        Steps::of(self.state()).limit(table.most_steps());
        drop(table);
        calls.changed.notify_all();
    }

    fn keep_watch(self: Arc<Self>) {
        let calls = &self.control().calls;
        loop {
            let mut hits = Vec::new();
            let mut table = calls.table.lock();
            if table.active.is_empty() {
                let is_over = calls.changed.wait_for(&mut table, IDLE_TIMEOUT).timed_out();
                if is_over && table.active.is_empty() {
                    table.is_watched = false;
                    return;
                }
                continue;
            }
            let mut next: Option<Instant> = None;
            for call in &mut table.active {
                if call.stop.is_some() {
                    continue;
                }
                match call.measure(self.state(), calls.written()) {
                    Ok(Some(at)) => next = Some(next.map_or(at, |next| next.min(at))),
                    Ok(None) => {}
                    Err(limit) => hits.push((call.id, limit, call.limits.grace)),
                }
            }
            if hits.is_empty() {
                match next {
                    Some(next) => drop(calls.changed.wait_until(&mut table, next)),
                    None => calls.changed.wait(&mut table),
                }
            }
            drop(table);
            for (id, limit, grace) in hits {
                let stop = self.stop(StopReason::Limit(limit), grace);
                calls.note_stop(id, stop);
            }
        }
    }
}
