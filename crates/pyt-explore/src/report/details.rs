//! A run as data, for `--json`: its threads and steps, the cause, the deadlock. docs/explore.md
//! describes the form; a change of it that readers notice raises the number of the schema.

use std::{borrow::Cow, collections::HashMap};

use pyt_sched::controlled::Action;
use serde::{Deserialize, Serialize};

use super::{
    deadlock::{DeadlockKind, DeadlockReport},
    object_names::ObjectNames,
    slice::Slice,
    sources::SourceCache,
    trace_report::TraceReport,
};
use crate::annotations::{AwaitingTask, StackFrame};

/// Of longer runs, those of endless loops, the first steps are listed.
pub(super) const MAX_STEPS: usize = 10_000;

/// What happened in a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunDetails {
    /// The names of the threads, by their numbers.
    pub(super) threads: Vec<String>,
    /// What the steps touch, by the numbers that they have for it.
    pub(super) objects: Vec<ObjectDetails>,
    pub(super) steps: Vec<StepDetails>,
    /// How many steps came after these.
    pub(super) steps_left_out: usize,
    /// `None` for a deadlock.
    pub(super) cause: Option<CauseDetails>,
    /// The steps that a livelock repeats.
    pub(super) repeated: Option<Vec<usize>>,
    pub(super) deadlock: Option<DeadlockDetails>,
}

/// What steps touch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ObjectDetails {
    /// A lock's, queue's or the like's, as the program names it, or a noun and a number.
    name: Option<String>,
    /// With where it was made: `self.lock of <Account #2>, made at bank.py:4`.
    full_name: Option<String>,
    /// Where it was made.
    made_at: Option<PlaceDetails>,
}

/// A line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct PlaceDetails {
    file: String,
    line: usize,
    function: String,
    source: String,
}

/// The objects of a run, numbered as the steps meet them.
pub(super) struct Objects {
    numbers: HashMap<usize, usize>,
    pub(super) list: Vec<ObjectDetails>,
}

impl Objects {
    pub(super) fn of(
        report: &TraceReport<'_>,
        names: &ObjectNames,
        sources: &mut SourceCache<'_>,
    ) -> Self {
        let mut objects = Self {
            numbers: HashMap::new(),
            list: Vec::new(),
        };
        for step in report.trace.steps().iter().take(MAX_STEPS) {
            let object = step.op.object;
            if object == 0 || objects.numbers.contains_key(&object) {
                continue;
            }
            objects.numbers.insert(object, objects.list.len());
            let made_at = report.recorded.names.get(&object);
            let made_at = made_at.and_then(|name| sources.at(name.made_at?).cloned());
            objects.list.push(ObjectDetails {
                name: names.get(object).map(str::to_owned),
                full_name: names.full(object).map(str::to_owned),
                made_at: made_at.map(|at| PlaceDetails {
                    file: at.file,
                    line: at.line,
                    function: at.function,
                    source: at.text,
                }),
            });
        }
        objects
    }
}

/// A step.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct StepDetails {
    step: usize,
    thread: u32,
    operation: Cow<'static, str>,
    /// Which object it touches: its place among `objects`.
    object: Option<usize>,
    /// The name of a lock, queue or the like.
    object_name: Option<String>,
    /// A variable as the source names it.
    variable: Option<String>,
    before: Option<String>,
    after: Option<String>,
    file: Option<String>,
    line: Option<usize>,
    function: Option<String>,
    source: Option<String>,
    timed_out: bool,
    /// The thread before could have gone on.
    preempts: bool,
    /// The schedule shows it: the failure depends on it, as far as is known.
    shown: bool,
    /// The functions that led there, innermost first: of the steps of the cause.
    stack: Option<Vec<StackFrame>>,
}

/// The steps whose order decides.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct CauseDetails {
    pub(super) sentence: String,
    /// The two steps whose order decides; `None` if none was found.
    pub(super) first: Option<usize>,
    pub(super) second: Option<usize>,
    /// The second one is a step that this thread of the deadlock waits to take.
    pub(super) waiting: Option<usize>,
    /// Two other steps of the same threads, whose order decides as well.
    pub(super) opposite: Option<OrderDetails>,
    /// Nothing orders the two.
    pub(super) race: bool,
    /// The steps that the sentence is about.
    pub(super) steps: Vec<usize>,
    /// How many other orders were tried, and whether these are all.
    pub(super) orders_tried: u64,
    pub(super) complete: bool,
}

/// Two steps in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrderDetails {
    pub(super) first: usize,
    pub(super) second: Option<usize>,
    /// As of the cause.
    pub(super) waiting: Option<usize>,
}

/// Who waits for whom.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct DeadlockDetails {
    kind: Cow<'static, str>,
    title: String,
    /// Indexes into `threads`: each waits for the next.
    chain: Vec<usize>,
    threads: Vec<WaitDetails>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct WaitDetails {
    name: String,
    waits_for: String,
    holder: Option<String>,
    place: String,
    source: String,
    holds: Vec<HeldDetails>,
    /// The functions that it is in, innermost first.
    stack: Vec<StackFrame>,
    /// The tasks of its event loop.
    tasks: Vec<AwaitingTask>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct HeldDetails {
    lock: String,
    taken_at: String,
}

impl DeadlockDetails {
    pub(super) fn of(report: &DeadlockReport) -> Self {
        let threads = report.threads.iter().map(|thread| WaitDetails {
            name: thread.name.clone(),
            waits_for: thread.waits_for.clone(),
            holder: thread.holder.clone(),
            place: thread.place.clone(),
            source: thread.text.clone(),
            holds: thread
                .holds
                .iter()
                .map(|(lock, taken_at)| HeldDetails {
                    lock: lock.clone(),
                    taken_at: taken_at.clone(),
                })
                .collect(),
            stack: thread.stack.iter().rev().cloned().collect(),
            tasks: thread.tasks.clone(),
        });
        Self {
            kind: Cow::Borrowed(match report.kind {
                DeadlockKind::Cycle => "cycle",
                DeadlockKind::HolderExited => "holder_exited",
                DeadlockKind::Standstill => "standstill",
                DeadlockKind::Foreign => "foreign",
                DeadlockKind::Requested => "requested",
            }),
            title: report.title(),
            chain: report.chain.clone(),
            threads: threads.collect(),
        }
    }
}

/// The first steps of a run.
pub(super) fn steps(
    report: &TraceReport<'_>,
    objects: &Objects,
    slice: &Slice,
    deciding: &[usize],
    sources: &mut SourceCache<'_>,
) -> Vec<StepDetails> {
    let mut before = None;
    let steps = report.trace.steps().iter().take(MAX_STEPS).enumerate();
    let details = steps.map(|(number, step)| {
        let number_of = objects.numbers.get(&step.op.object).copied();
        let value = report.value_of(number);
        let at = sources.at(step.place).cloned();
        let mut candidates = report.trace.candidates(number).iter();
        let switched = before.is_some_and(|before| before != step.thread);
        let preempts = switched && candidates.any(|other| Some(other.thread) == before);
        before = Some(step.thread);
        let is_of_cause = deciding.contains(&number);
        StepDetails {
            step: number,
            thread: step.thread,
            operation: Cow::Borrowed(operation(step.op.action)),
            object: number_of,
            object_name: number_of.and_then(|number| objects.list[number].name.clone()),
            variable: value.map(|value| value.name.clone()),
            before: value.and_then(|value| value.before.clone()),
            after: value.and_then(|value| value.after.clone()),
            line: at.as_ref().map(|at| at.line),
            function: at.as_ref().map(|at| at.function.clone()),
            source: at.as_ref().map(|at| at.text.clone()),
            file: at.map(|at| at.file),
            timed_out: step.timed_out,
            preempts,
            shown: slice.steps[number],
            stack: is_of_cause.then(|| report.recorded.stack(step.place).to_vec()),
        }
    });
    details.collect()
}

/// The name of an operation in the data.
const fn operation(action: Action) -> &'static str {
    match action {
        Action::Begin => "begin",
        Action::End => "end",
        Action::Start => "start",
        Action::Join => "join",
        Action::Acquire => "acquire",
        Action::TryAcquire => "try_acquire",
        Action::Release => "release",
        Action::Wait => "wait",
        Action::Notify => "notify",
        Action::Set => "set",
        Action::Clear => "clear",
        Action::Arrive => "arrive",
        Action::Put => "put",
        Action::TryPut => "try_put",
        Action::Get => "get",
        Action::TryGet => "try_get",
        Action::TaskDone => "task_done",
        Action::ShutDown => "shut_down",
        Action::Update => "update",
        Action::Query => "query",
        Action::Sleep => "sleep",
        Action::Read => "read",
        Action::Write => "write",
        Action::Step => "step",
    }
}
