//! Listing a runtime's threads.

use std::{sync::Arc, time::Duration};

use pyt_vm::{
    control::ThreadKind,
    deadlock::{ThreadRow, ThreadStatus, ThreadTable},
};

use super::thread_info::{ThreadInfo, ThreadOrigin, ThreadState, Wait};
use crate::{
    Python, Runtime,
    api::{python::detached, runtime_core::RuntimeCore},
};

impl Runtime {
    /// All threads of this runtime at this moment, the oldest first. The main thread is always
    /// listed, other host threads while they are inside.
    ///
    /// All threads are stopped meanwhile. Blocks while one is in native code that does not detach
    /// from the interpreter.
    ///
    /// ```
    /// use pyt_runtime::{Runtime, ThreadState};
    ///
    /// let runtime = Runtime::builder().build()?;
    /// runtime.exec(
    ///     "import threading, queue, time\n\
    ///      def worker(): queue.Queue().get()\n\
    ///      threading.Thread(target=worker, name='worker', daemon=True).start()\n\
    ///      time.sleep(0.1)",
    /// )?;
    /// let threads = runtime.threads();
    /// let worker = threads.iter().find(|thread| thread.name() == "worker").unwrap();
    /// let ThreadState::Waiting(wait) = worker.state() else { panic!() };
    /// assert_eq!(wait.kind(), "item from a queue");
    /// assert_eq!(worker.stack().last().unwrap().function, "worker");
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn threads(&self) -> Vec<ThreadInfo> {
        self.core().threads()
    }
}

impl Python<'_> {
    /// As [`Runtime::threads`].
    #[must_use]
    pub fn threads(self) -> Vec<ThreadInfo> {
        self.core().threads()
    }
}

impl RuntimeCore {
    /// All threads. Another thread than the calling one stops the world: the calling thread may be
    /// inside of another runtime.
    pub(crate) fn threads(self: &Arc<Self>) -> Vec<ThreadInfo> {
        let look = || {
            std::thread::scope(|scope| {
                let looking = scope.spawn(|| self.state().table_with_stacks());
                looking.join().unwrap_or_else(|_| self.state().table())
            })
        };
        self.describe(&detached(look))
    }

    /// `table` in the host's terms.
    pub(crate) fn describe(&self, table: &ThreadTable) -> Vec<ThreadInfo> {
        let interpreter = self.state();
        let members = interpreter.all_threads();
        let rows = table.report.rows.iter().zip(&table.stacks);
        rows.map(|(row, stack)| {
            let member = members.iter().find(|member| member.ident == row.tag);
            let origin = match member.map(|member| member.kind) {
                Some(ThreadKind::Started { daemon }) => ThreadOrigin::Python { daemon },
                _ if interpreter.is_main(row.id) => ThreadOrigin::Main,
                Some(ThreadKind::Host) => ThreadOrigin::Host,
                // It has not begun, or it has just ended or was halted.
                None => ThreadOrigin::Python { daemon: true },
            };
            ThreadInfo {
                name: row.name.clone(),
                ident: row.tag,
                origin,
                state: state(row, table),
                stack: stack.clone(),
                cpu_time: interpreter.cpu_time(row.tag),
                turns: interpreter
                    .scheduler
                    .thread(row.id)
                    .map_or(0, |thread| thread.turns()),
            }
        })
        .collect()
    }
}

fn state(row: &ThreadRow, table: &ThreadTable) -> ThreadState {
    let (waiting, reentrant) = match row.status {
        ThreadStatus::Running => return ThreadState::Running,
        ThreadStatus::Ready => return ThreadState::Ready,
        ThreadStatus::Foreign => return ThreadState::Detached,
        ThreadStatus::Halted => return ThreadState::Halted,
        ThreadStatus::Waiting { waiting, reentrant } => (waiting, reentrant),
    };
    let report = &table.report;
    let since = waiting.since.0;
    let holder = waiting.holder.and_then(|holder| {
        let alive = report.rows.iter().find(|row| row.id == holder);
        let ended = || report.ended.iter().find(|(id, _)| *id == holder);
        alive
            .map(|row| row.name.clone())
            .or_else(|| ended().map(|(_, name)| name.clone()))
    });
    ThreadState::Waiting(Wait {
        kind: waiting.kind.label(reentrant),
        elapsed: Duration::from_nanos(report.now.0.saturating_sub(since)),
        timeout: waiting
            .deadline
            .map(|deadline| Duration::from_nanos(deadline.0.saturating_sub(since))),
        holder,
    })
}
