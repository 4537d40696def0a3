//! Reports as a user sees them, whole: see `snapshots/`. `INSTA_UPDATE=always cargo test -p
//! pyt-explore` writes them anew.

use std::time::Duration;

use insta::assert_snapshot;
use pyt_explore::{
    Cause, Choices, Conflict, ExploreOptions, ExploreResult, Failure, Fingerprint,
    MinimizedFailure, Outcome, RecordedRun, Schedule, SearchKind, SourceLocation, StackFrame,
    VariableAccess,
    report::{
        BlockedThreads, DeadlockKind, DeadlockReport, ExploreReport, ReportedThread, RunDetails,
        SavedFailure, TraceReport,
    },
    strategy::Divergence,
};
use pyt_sched::{
    Deadline, WaitKind, Waiting,
    controlled::{Action, Candidate, Decision, Op, Place, Stuck, ThreadNumber, Trace},
};

const WIDTH: usize = 100;

/// A step of a trace: thread, action, object, line. Places are lines.
type Taken = (ThreadNumber, Action, usize, u64);

/// The trace of these steps, each with the other threads that could have gone on instead.
fn trace(steps: &[(Taken, &[ThreadNumber])]) -> Trace {
    let mut trace = Trace::new();
    let mut current = None;
    for (number, ((thread, action, object, line), ready)) in steps.iter().enumerate() {
        let mut candidates: Vec<Candidate> = ready
            .iter()
            .map(|other| candidate(*other, Op::alone(Action::Step)))
            .collect();
        candidates.push(candidate(*thread, Op::on(*action, *object)));
        candidates.sort_by_key(|candidate| candidate.thread);
        let chosen = candidates
            .iter()
            .position(|candidate| candidate.thread == *thread);
        let decision = Decision {
            step: number as u64,
            current,
            candidates: &candidates,
        };
        trace.push(&decision, chosen.unwrap(), Place(1, *line, 0));
        current = Some(*thread);
    }
    trace
}

fn candidate(thread: ThreadNumber, op: Op) -> Candidate {
    Candidate {
        thread,
        op,
        timed_out: false,
    }
}

/// Finds the source lines of a script by their numbers.
fn source_of(file: &'static str, script: &'static str) -> impl Fn(Place) -> Option<SourceLocation> {
    move |place| {
        let line = usize::try_from(place.1).ok()?;
        let text = script.lines().nth(line.checked_sub(1)?)?;
        Some(SourceLocation {
            file: format!("/home/me/{file}"),
            line,
            function: "<module>".to_owned(),
            text: text.trim().to_owned(),
        })
    }
}

fn value(step: u64, name: &str, before: Option<&str>, after: Option<&str>) -> VariableAccess {
    VariableAccess {
        step,
        name: name.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

const COUNTER: &str = "\
import threading
counter = 0
def work():
    global counter
    counter += 1
first = threading.Thread(target=work, name='first')
second = threading.Thread(target=work, name='second')
first.start(); second.start()
first.join(); second.join()
assert counter == 2
";

/// Two threads add 1 to a counter, and one of the additions is lost.
fn lost_update() -> (String, RunDetails) {
    const COUNTER_DICT: usize = 16;
    let steps: &[(Taken, &[ThreadNumber])] = &[
        ((0, Action::Start, 0, 8), &[]),
        ((0, Action::Start, 0, 8), &[1]),
        ((1, Action::Begin, 0, 0), &[2]),
        ((1, Action::Read, COUNTER_DICT, 5), &[2]),
        ((2, Action::Begin, 0, 0), &[1]),
        ((2, Action::Read, COUNTER_DICT, 5), &[1]),
        ((2, Action::Write, COUNTER_DICT, 5), &[1]),
        ((2, Action::End, 48, 5), &[1]),
        ((1, Action::Write, COUNTER_DICT, 5), &[]),
        ((1, Action::End, 32, 5), &[]),
        ((0, Action::Join, 32, 9), &[]),
        ((0, Action::Join, 48, 9), &[]),
        ((0, Action::Read, COUNTER_DICT, 10), &[]),
    ];
    let values = vec![
        value(3, "counter", Some("0"), None),
        value(5, "counter", Some("0"), None),
        value(6, "counter", Some("0"), Some("1")),
        value(8, "counter", Some("1"), Some("1")),
        value(12, "counter", Some("1"), None),
    ];
    let report = TraceReport {
        names: &names(&["MainThread", "first", "second"]),
        trace: &trace(steps),
        recorded: &RecordedRun {
            values,
            ..RecordedRun::default()
        },
        blocked: &[],
        cause: Some(&Cause {
            opposite: None,
            decisive: vec![Conflict {
                first: 3,
                second: 6,
                race: true,
            }],
            runs: 3,
            complete: true,
        }),
        failed: None,
        repetition: None,
        full: false,
        describe: &source_of("counter.py", COUNTER),
    };
    (report.render(WIDTH), report.details())
}

const BANK: &str = "\
import threading
a, b = threading.Lock(), threading.Lock()
def transfer(source, target):
    with source:
        with target:
            pass
one = threading.Thread(target=transfer, args=(a, b), name='one')
two = threading.Thread(target=transfer, args=(b, a), name='two')
one.start(); two.start()
one.join(); two.join()
";

fn stuck(
    thread: ThreadNumber,
    name: &str,
    op: Op,
    line: u64,
    kind: WaitKind,
    holder: Option<ThreadNumber>,
) -> Stuck {
    Stuck {
        is_foreign: false,
        thread,
        name: name.to_owned(),
        tag: 0,
        op,
        place: Place(1, line, 0),
        waiting: Some(Waiting {
            kind,
            object: op.object,
            holder: None,
            since: Deadline(0),
            deadline: None,
        }),
        holder,
    }
}

fn abba() -> (Trace, Vec<Stuck>) {
    let trace = trace(&[
        ((0, Action::Start, 32, 9), &[]),
        ((0, Action::Start, 48, 9), &[1]),
        ((1, Action::Begin, 32, 0), &[2]),
        ((1, Action::Acquire, 64, 4), &[2]),
        ((2, Action::Begin, 48, 0), &[1]),
        ((2, Action::Acquire, 80, 4), &[1]),
    ]);
    let blocked = vec![
        stuck(
            0,
            "MainThread",
            Op::on(Action::Join, 32),
            10,
            WaitKind::Join,
            Some(1),
        ),
        stuck(
            1,
            "one",
            Op::on(Action::Acquire, 80),
            5,
            WaitKind::Lock,
            None,
        ),
        stuck(
            2,
            "two",
            Op::on(Action::Acquire, 64),
            5,
            WaitKind::Lock,
            None,
        ),
    ];
    (trace, blocked)
}

#[test]
fn a_lost_update() {
    assert_snapshot!(lost_update().0);
}

#[test]
fn a_deadlock_of_two_locks() {
    let (trace, blocked) = abba();
    let names = names(&["MainThread", "one", "two"]);
    let report = TraceReport {
        names: &names,
        trace: &trace,
        recorded: &RecordedRun::default(),
        blocked: &blocked,
        cause: None,
        failed: None,
        repetition: None,
        full: false,
        describe: &source_of("bank.py", BANK),
    };
    assert_snapshot!(report.render(WIDTH));
    let blocked = BlockedThreads::new(&blocked, &names, &trace);
    assert_snapshot!("name_of_a_deadlock", blocked.summary().join("\n"));
}

/// As `pyt run --seed` reports it, without a trace.
#[test]
fn waits_of_all_kinds() {
    let kinds = [
        (WaitKind::Lock, Action::Acquire),
        (WaitKind::Condition, Action::Wait),
        (WaitKind::Semaphore, Action::Acquire),
        (WaitKind::Event, Action::Wait),
        (WaitKind::Future, Action::Wait),
        (WaitKind::Barrier, Action::Arrive),
        (WaitKind::Get, Action::Get),
        (WaitKind::Put, Action::Put),
        (WaitKind::TasksDone, Action::Wait),
        (WaitKind::Join, Action::Join),
        (WaitKind::Sleep, Action::Sleep),
    ];
    let mut all: Vec<String> = Vec::new();
    let mut blocked = Vec::new();
    for (number, (kind, action)) in (0..).zip(kinds) {
        let name = format!("{kind:?}");
        let op = Op::on(action, 16 * (number as usize + 1));
        blocked.push(stuck(number, &name, op, 5, kind, None));
        all.push(name);
    }
    let blocked = BlockedThreads::new(&blocked, &all, &Trace::new());
    let report = blocked.report(&RecordedRun::default(), &source_of("bank.py", BANK));
    assert_snapshot!(report.render(WIDTH));
    assert_snapshot!("names_of_waits", blocked.summary().join("\n"));
}

#[test]
fn a_lock_whose_holder_has_exited() {
    let (mut trace, _) = abba();
    let op = Op::on(Action::End, 48);
    let end = [candidate(2, op)];
    let decision = Decision {
        step: 6,
        current: Some(2),
        candidates: &end,
    };
    trace.push(&decision, 0, Place(1, 6, 0));
    let blocked = [stuck(
        1,
        "one",
        Op::on(Action::Acquire, 80),
        5,
        WaitKind::Lock,
        None,
    )];
    let names = names(&["MainThread", "one", "two"]);
    let blocked = BlockedThreads::new(&blocked, &names, &trace);
    assert_snapshot!(
        blocked
            .report(&RecordedRun::default(), &source_of("bank.py", BANK))
            .render(WIDTH)
    );
}

/// A thread as `pyt run` reports it.
fn thread(name: &str, waits_for: &str, holder: Option<&str>, line: usize) -> ReportedThread {
    ReportedThread {
        name: name.to_owned(),
        waits_for: waits_for.to_owned(),
        holder: holder.map(str::to_owned),
        waited: "0.3 s".to_owned(),
        stack: vec![
            StackFrame {
                file: "/usr/lib/python3.14/threading.py".to_owned(),
                line: 1024,
                function: "Thread.run".to_owned(),
                text: String::new(),
                is_library: true,
            },
            StackFrame {
                file: "bank.py".to_owned(),
                line,
                function: "transfer".to_owned(),
                text: "with target:".to_owned(),
                is_library: false,
            },
        ],
        ..ReportedThread::default()
    }
}

#[test]
fn deadlocks_with_stacks() {
    let cycle = DeadlockReport {
        kind: DeadlockKind::Cycle,
        chain: vec![1, 2],
        threads: vec![
            thread("MainThread", "the end of one", None, 20),
            thread("one", "lock 1", Some("two"), 5),
            thread("two", "lock 2", Some("one"), 5),
        ],
    };
    assert_snapshot!("cycle_with_stacks", cycle.render_with_stacks());
    let mut requested = DeadlockReport {
        kind: DeadlockKind::Requested,
        chain: vec![],
        threads: vec![
            thread("MainThread", "nothing: it runs", None, 20),
            thread("sleeper", "time to pass", None, 5),
        ],
    };
    requested.threads[0].waited.clear();
    requested.threads[1].waited = "0.3 s of 4.0 s".to_owned();
    assert_snapshot!("threads_on_request", requested.render_with_stacks());
}

#[test]
fn titles_of_deadlocks() {
    let title = |kind, threads, chain: &[usize]| {
        let report = DeadlockReport {
            kind,
            threads: vec![ReportedThread::default(); threads],
            chain: chain.to_vec(),
        };
        report.title()
    };
    let titles = [
        title(DeadlockKind::Cycle, 1, &[0]),
        title(DeadlockKind::Cycle, 4, &[1, 2, 3]),
        title(DeadlockKind::HolderExited, 2, &[1]),
        title(DeadlockKind::Standstill, 1, &[]),
        title(DeadlockKind::Standstill, 2, &[]),
        title(DeadlockKind::Foreign, 2, &[]),
        title(DeadlockKind::Requested, 1, &[]),
        title(DeadlockKind::Requested, 7, &[]),
    ];
    assert_snapshot!(titles.join("\n"));
}

fn result() -> ExploreResult {
    let mut result = ExploreResult {
        elapsed: Duration::from_millis(1250),
        ..ExploreResult::default()
    };
    for number in 0..20 {
        let fails = number % 5 == 3;
        let outcome = Outcome {
            output: String::from(if fails { "" } else { "2\n" }),
            failure: fails.then(assertion),
        };
        result.tally.add(number, Some(1000 + number), outcome);
    }
    result
}

fn assertion() -> Failure {
    Failure::Exception {
        thread: "MainThread".to_owned(),
        exception: "AssertionError".to_owned(),
        message: "1 of 2".to_owned(),
        place: None,
    }
}

fn minimized() -> MinimizedFailure {
    MinimizedFailure {
        failure: assertion(),
        output: "Traceback (most recent call last):\nAssertionError: 1 of 2\n".to_owned(),
        expected: None,
        seed: 1003,
        choices: [0, 0, 1, 2, 1, 0].into_iter().collect(),
        switches: (7, 4),
        runs: 42,
        trace_report: lost_update().0,
        details: Some(lost_update().1),
        walk: None,
        cause: Cause::default(),
        reproduced: true,
    }
}

#[test]
fn an_exploration_that_finds_failures() {
    let result = result();
    let mut lost = minimized();
    lost.failure = Failure::ExitStatus { status: 4 };
    lost.reproduced = false;
    lost.trace_report = "It did not fail when its schedule was run again.\n".to_owned();
    lost.output.clear();
    let failures = [
        SavedFailure {
            failure: minimized(),
            file: Some("counter-AssertionError.schedule".into()),
            differs: None,
        },
        SavedFailure {
            failure: lost,
            file: None,
            differs: None,
        },
    ];
    let report = ExploreReport {
        script: "counter.py",
        options: &ExploreOptions::default(),
        result: &result,
        failures: &failures,
        program: Fingerprint::of(b""),
    };
    assert_snapshot!("exploration", report.render(WIDTH));
    assert_snapshot!("exploration_as_json", report.to_json().unwrap());
}

#[test]
fn a_search_for_few_preemptions_says_how_many() {
    let mut result = ExploreResult::default();
    result.tally.add(0, None, Outcome::default());
    result.progress.exhausted = true;
    let options = ExploreOptions {
        search: SearchKind::Dpor(Some(2)),
        ..ExploreOptions::default()
    };
    let render = |result: &ExploreResult| {
        let report = ExploreReport {
            script: "counter.py",
            options: &options,
            result,
            failures: &[],
            program: Fingerprint::of(b""),
        };
        report.render(WIDTH)
    };
    let sentence = "All schedules with at most 2 preemptions were tried. Those with more were not.";
    assert!(render(&result).contains(sentence), "{}", render(&result));
    // A run that was cut is not a schedule that was tried.
    result.progress.cut = 1;
    assert!(!render(&result).contains(sentence));
}

#[test]
fn remarks_of_explorations() {
    let mut result = ExploreResult::default();
    result.tally.add(0, None, Outcome::default());
    result.progress.exhausted = true;
    let options = ExploreOptions::default();
    let render = |result: &ExploreResult| {
        let report = ExploreReport {
            script: "counter.py",
            options: &options,
            result,
            failures: &[],
            program: Fingerprint::of(b""),
        };
        report.render(WIDTH)
    };
    assert_snapshot!("bounded", render(&result));
    result.progress.proven = true;
    assert_snapshot!("proven_without_failure", render(&result));
    result.tally.add(1, None, minimized_outcome());
    result.progress.cut = 1;
    result.irreproducible = 2;
    result.abandoned_threads = 1;
    assert_snapshot!("proven_with_failure_and_all_remarks", render(&result));
}

fn minimized_outcome() -> Outcome {
    Outcome {
        output: String::new(),
        failure: Some(assertion()),
    }
}

#[test]
fn failures_in_one_line() {
    let failures = [
        assertion(),
        Failure::Deadlock {
            waits: names(&["one waits for a lock held by two", "two waits for an event"]),
        },
        Failure::Livelock {
            threads: names(&["one", "two", "three"]),
        },
        Failure::Livelock {
            threads: names(&["one"]),
        },
        Failure::ExitStatus { status: 4 },
        Failure::DifferentOutput,
    ];
    let lines: Vec<String> = failures.iter().map(ToString::to_string).collect();
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn schedules_that_do_not_fit() {
    let mut lines = vec![
        Divergence::CannotGoOn {
            step: 7,
            wanted: 2,
            candidates: vec![1],
        }
        .to_string(),
        Divergence::CannotGoOn {
            step: 7,
            wanted: 2,
            candidates: vec![0, 1],
        }
        .to_string(),
        Divergence::Longer { recorded: 12 }.to_string(),
        Divergence::Shorter {
            recorded: 12,
            taken: 9,
        }
        .to_string(),
    ];
    for text in [
        "[]",
        "{}",
        "{\"version\": 1}",
        "{\"version\": 2, \"script\": 5}",
    ] {
        let error = Schedule::from_json(text).unwrap_err();
        lines.push(error.to_string());
    }
    assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_schedule_file() {
    let schedule = Schedule {
        open: pyt_explore::Open::default(),
        script: "counter.py".to_owned(),
        module: None,
        hash: pyt_explore::Fingerprint::of(COUNTER.as_bytes()),
        args: names(&["--accounts", "3"]),
        strategy: "mix".to_owned(),
        seed: 1003,
        granularity: "access".to_owned(),
        include: Vec::new(),
        exclude: Vec::new(),
        choices: [0, 0, 1, 2, 1, 0].into_iter().collect::<Choices>(),
        failure: Some(assertion().to_string()),
        cause: None,
    };
    assert_snapshot!(schedule.to_json());
}

/// The notes of a run of two threads that take these steps on one object.
fn notes_of(steps: &[(ThreadNumber, Action)]) -> String {
    let steps: Vec<(Taken, &[ThreadNumber])> = steps
        .iter()
        .map(|(thread, action)| ((*thread, *action, 96, 0), &[] as &[ThreadNumber]))
        .collect();
    let report = TraceReport {
        names: &names(&["MainThread", "other"]),
        trace: &trace(&steps),
        recorded: &RecordedRun::default(),
        blocked: &[],
        cause: None,
        failed: None,
        repetition: None,
        full: false,
        describe: &|_| None,
    };
    report.render(WIDTH)
}

#[test]
fn objects_are_named_by_what_they_are_not_by_their_first_step() {
    use Action::{Acquire, Arrive, Clear, Get, Notify, Query, Release, Set, Update, Wait};
    let cases: [(&[(ThreadNumber, Action)], &str); 9] = [
        (&[(0, Wait), (1, Set)], "event 1"),
        (&[(0, Query), (0, Wait), (1, Clear)], "event 1"),
        (&[(0, Wait)], "event 1"),
        (&[(0, Update), (0, Wait), (1, Set)], "future 1"),
        (&[(0, Wait), (1, Notify)], "condition 1"),
        (&[(0, Wait), (0, Acquire)], "condition 1"),
        (&[(0, Query), (1, Get)], "queue 1"),
        (&[(0, Acquire), (0, Release), (1, Acquire)], "lock 1"),
        (&[(0, Acquire), (1, Acquire), (1, Release)], "semaphore 1"),
    ];
    for (steps, name) in cases {
        let text = notes_of(steps);
        assert!(text.contains(name), "{name}: {text}");
    }
    assert!(notes_of(&[(0, Query), (1, Arrive)]).contains("barrier 1"));
}
