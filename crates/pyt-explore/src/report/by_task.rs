//! What event loops add to a report: columns for tasks, and what happened between two steps.
//!
//! What a task is, is not known here: a thread says by name whose steps it takes.

use std::collections::HashMap;

use pyt_sched::controlled::{PickKind, ThreadNumber, Trace};

use crate::annotations::{RunEvent, TaskChange};

/// The steps of a run with tasks in the place of threads.
pub(super) struct TaskView {
    /// The names of the threads and, after them, of tasks.
    pub(super) names: Vec<String>,
    /// The steps: those of tasks have the tasks' numbers.
    pub(super) trace: Trace,
}

impl TaskView {
    /// `None` if there are fewer than two tasks: then threads say it all.
    pub(super) fn of(names: &[String], trace: &Trace, changes: &[TaskChange]) -> Option<Self> {
        let mut names = names.to_vec();
        let mut numbers: HashMap<(ThreadNumber, &str), ThreadNumber> = HashMap::new();
        let mut since: HashMap<ThreadNumber, Vec<(u64, Option<ThreadNumber>)>> = HashMap::new();
        for change in changes {
            let number = change.task.as_deref().map(|task| {
                *numbers.entry((change.thread, task)).or_insert_with(|| {
                    names.push(task.to_owned());
                    ThreadNumber::try_from(names.len() - 1).unwrap_or(ThreadNumber::MAX)
                })
            });
            since
                .entry(change.thread)
                .or_default()
                .push((change.step, number));
        }
        if numbers.len() < 2 {
            return None;
        }
        let trace = trace.relabelled(|step, thread| {
            let changes = since.get(&thread).map_or(&[][..], Vec::as_slice);
            // Of several changes before the same step the last one counts.
            let count = changes.partition_point(|(from, _)| *from <= step);
            let last = count.checked_sub(1).and_then(|last| changes[last].1);
            last.unwrap_or(thread)
        });
        Some(Self { names, trace })
    }
}

/// What happened between two steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Happening {
    /// The number of the next step.
    pub(super) step: usize,
    pub(super) thread: ThreadNumber,
    pub(super) text: String,
}

/// What happened between steps, in order.
pub(super) fn happenings(trace: &Trace, events: &[RunEvent]) -> Vec<Happening> {
    let of_scheduler = trace.picked().iter().filter_map(|picked| {
        let text = match picked.pick.kind {
            PickKind::Gc => "the garbage collector runs here",
            PickKind::Interrupt => "Ctrl-C reaches the main thread here",
            PickKind::Signal => "a signal reaches the main thread here",
            PickKind::Io | PickKind::Clock | PickKind::Task | PickKind::Cancel => return None,
        };
        Some((picked.step, picked.pick.thread, text.to_owned()))
    });
    let of_loops = (events.iter()).map(|event| (event.step, event.thread, event.text.clone()));
    let mut all: Vec<Happening> = of_scheduler
        .chain(of_loops)
        .map(|(step, thread, text)| Happening {
            step: usize::try_from(step).unwrap_or(usize::MAX),
            thread,
            text,
        })
        .collect();
    all.sort_by_key(|happening| happening.step);
    all
}

/// Where it is said at the beginning of a report what happens besides the program's own steps.
pub(super) fn summary(happenings: &[Happening], names: &[String]) -> Vec<String> {
    if happenings.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![String::from("What it takes besides the order of steps:")];
    for happening in happenings {
        let name = names.get(happening.thread as usize);
        let name = name.map_or("?", String::as_str);
        lines.push(format!("  in {name}: {}", happening.text));
    }
    lines
}

#[cfg(test)]
mod tests {
    use pyt_sched::controlled::{Action, Candidate, Decision, Op, Place};

    use super::*;

    fn trace(threads: &[ThreadNumber]) -> Trace {
        let mut trace = Trace::new();
        for (step, &thread) in (0..).zip(threads) {
            let candidates = [Candidate {
                thread,
                op: Op::alone(Action::Step),
                timed_out: false,
            }];
            let decision = Decision {
                step,
                current: None,
                candidates: &candidates,
            };
            trace.push(&decision, 0, Place::default());
        }
        trace
    }

    fn change(step: u64, task: Option<&str>) -> TaskChange {
        TaskChange {
            step,
            thread: 0,
            task: task.map(str::to_owned),
        }
    }

    #[test]
    fn steps_belong_to_the_task_that_was_entered_last() {
        let changes = [
            change(1, Some("one")),
            change(2, None),
            change(2, Some("two")),
            change(3, None),
            change(4, Some("one")),
        ];
        let names = [String::from("main"), String::from("other")];
        let view = TaskView::of(&names, &trace(&[0, 0, 0, 0, 0, 1]), &changes).unwrap();
        assert_eq!(view.names, ["main", "other", "one", "two"]);
        let threads: Vec<_> = view.trace.steps().iter().map(|step| step.thread).collect();
        assert_eq!(threads, [0, 2, 3, 0, 2, 1]);
        assert!(TaskView::of(&names, &trace(&[0]), &changes[..1]).is_none());
    }
}
