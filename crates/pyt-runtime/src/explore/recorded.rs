//! What was recorded of a run for its report, from those who have recorded it.

use pyt_explore::{AwaitingTask, RecordedRun, RunEvent, StackFrame, TaskChange};
use pyt_instrument::Sites;
use pyt_modules::runs;
use rustpython_vm::VirtualMachine;

/// What was recorded of the last run. Nothing of it is kept.
pub(super) fn recorded(sites: &Sites, vm: &VirtualMachine) -> RecordedRun {
    let awaiting = runs::take_awaiting(vm).into_iter();
    let awaiting = awaiting.map(|(thread, tasks)| {
        let tasks = tasks.into_iter().map(|task| AwaitingTask {
            name: task.name,
            awaits: task.awaits,
            stack: task
                .stack
                .into_iter()
                .map(|frame| StackFrame {
                    text: sites.source_line(&frame.file, frame.line),
                    file: frame.file,
                    line: frame.line,
                    function: frame.function,
                    is_library: frame.is_library,
                })
                .collect(),
        });
        (thread, tasks.collect())
    });
    let (tasks, events) = runs::take_loop_notes(vm);
    let tasks = tasks.into_iter().map(|change| TaskChange {
        step: change.step,
        thread: change.thread,
        task: change.task,
    });
    let events = events.into_iter().map(|event| RunEvent {
        step: event.step,
        thread: event.thread,
        text: event.text,
    });
    RecordedRun {
        awaiting: awaiting.collect(),
        tasks: tasks.collect(),
        events: events.collect(),
        ..sites.take_recorded(vm)
    }
}
