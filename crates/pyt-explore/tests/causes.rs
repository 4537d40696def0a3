//! The cause of a failure is the pair of steps whose order decides, and no other.

mod model;

use model::{Do, Do::*, Program, Ran, program, run};
use pyt_explore::{
    Cause, Choices, Reversal, StrategyKind, Verdict, find_cause, minimize, strategy::Replay,
};
use pyt_sched::controlled::{Action, Trace};

fn reversed(ran: Ran) -> Reversal {
    Reversal {
        verdict: if ran.failed {
            Verdict::Fails
        } else {
            Verdict::Passes
        },
        trace: ran.trace,
    }
}

/// The cause of the failing run that `choices` make. Addresses differ in each run.
fn cause_of(program: &Program, choices: &[u32]) -> (Trace, Cause) {
    let choices: Choices = choices.iter().copied().collect();
    let failing = run(program, &mut Replay::new(choices), 1);
    assert!(failing.failed, "{:?}", failing.trace.steps());
    let cause = cause(program, &failing.trace);
    (failing.trace, cause)
}

fn cause(program: &Program, failing: &Trace) -> Cause {
    let mut runs = 1;
    find_cause(failing, 64, |mut strategy| {
        runs += 1;
        Some(reversed(run(program, &mut *strategy, runs)))
    })
}

/// The cause of a failing run that random schedules find, minimized.
fn cause_of_found(program: &Program, base: u64) -> (Trace, Cause) {
    let failing = (0..5000)
        .map(|number| {
            let seed = pyt_explore::seed::nth(base, number);
            let mut strategy = StrategyKind::Mix.strategy(seed);
            run(program, &mut *strategy, 0)
        })
        .find(|ran| ran.failed)
        .expect("none fails");
    let smallest = minimize(&failing.trace, 2000, |mut strategy| {
        let ran = run(program, &mut *strategy, 0);
        ran.failed.then_some(ran.trace)
    });
    let cause = cause(program, &smallest.trace);
    (smallest.trace, cause)
}

/// The actions of the first pair, and what they touch: the number of the variable, found by the
/// steps of thread 0 that write all variables in order at the beginning.
fn pair(trace: &Trace, cause: &Cause) -> (Action, Action, usize) {
    let pair = cause.decisive.first().expect("no pair decides");
    let steps = trace.steps();
    let (first, second) = (steps[pair.first], steps[pair.second]);
    assert_eq!(first.op.object, second.op.object);
    assert_ne!(first.thread, second.thread);
    let mut of_main = steps.iter().filter(|step| step.thread == 0);
    let variable = of_main.position(|step| step.op.object == first.op.object);
    // Thread 0 begins with `Begin`.
    (
        first.op.action,
        second.op.action,
        variable.map_or(99, |at| at - 1),
    )
}

/// Main sets two variables, starts two threads, and expects 2 in variable 0.
fn two_add(work: &[Do]) -> Program {
    let main = [
        Write(0, 3, 0),
        Write(1, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(0, 1),
        Assert(1, 2),
    ];
    program(&[&main, work, work])
}

#[test]
fn a_race_beside_the_cause_is_not_the_cause() {
    let harmless = Write(1, 3, 0);
    let add = [Read(0, 0), Write(0, 0, 1)];
    let works: [&[Do]; 4] = [
        &[add[0], add[1]],
        &[harmless, add[0], add[1]],
        &[add[0], harmless, add[1]],
        &[
            harmless, harmless, add[0], harmless, harmless, add[1], harmless,
        ],
    ];
    for work in works {
        for base in 0..10 {
            let (trace, cause) = cause_of_found(&two_add(work), base);
            let (first, second, variable) = pair(&trace, &cause);
            assert_eq!(variable, 0, "{work:?} {cause:?}");
            assert_eq!((first, second), (Action::Read, Action::Write));
            assert!(cause.decisive[0].race);
            assert!(cause.runs <= 64);
        }
    }
}

#[test]
fn a_check_and_a_change_far_away_from_it() {
    // One thread checks variable 0 and uses it; the other writes variable 1 many times, changes
    // variable 0, and goes on writing. Both write variable 1 first.
    let mut other = vec![Write(1, 3, 0); 40];
    other.push(Write(0, 3, 1));
    other.extend(vec![Write(1, 3, 0); 40]);
    let user = [
        Write(1, 3, 0),
        Read(0, 0),
        SkipIf(0, 1, 2),
        Read(0, 1),
        Assert(1, 0),
    ];
    let main = [
        Write(0, 3, 0),
        Write(1, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
    ];
    let program = program(&[&main, &user, &other]);
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&program, base);
        let (_, _, variable) = pair(&trace, &cause);
        assert_eq!(variable, 0, "{cause:?}");
    }
}

#[test]
fn the_cause_is_what_is_accessed_rather_than_an_event_beside_it() {
    // Main changes variable 0 once an event is set, which a thread does before it reads that.
    let main = [
        Write(0, 3, 1),
        Start(1),
        WaitEvent(0),
        Write(0, 3, 0),
        Join(1),
    ];
    let work = [Set(0), Read(0, 0), Assert(0, 1)];
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&program(&[&main, &work]), base);
        let (first, second, variable) = pair(&trace, &cause);
        assert_eq!((first, second, variable), (Action::Write, Action::Read, 0));
        assert!(cause.decisive[0].race);
    }
}

#[test]
fn a_read_of_two_steps_is_reversed_as_a_whole() {
    // As an attribute: first the object is asked, then its class if the object does not have it.
    // The value is read after both.
    let main = [
        Write(0, 3, 1),
        Write(1, 3, 1),
        Start(1),
        Step,
        Write(0, 3, 0),
        Join(1),
    ];
    let work = [
        Read(0, 0),
        SkipIf(0, 0, 1),
        Read(1, 1),
        Read(0, 2),
        Assert(2, 1),
    ];
    let (trace, cause) = cause_of_found(&program(&[&main, &work]), 1);
    let (first, second, variable) = pair(&trace, &cause);
    assert_eq!((first, second, variable), (Action::Write, Action::Read, 0));
}

#[test]
fn locked_accesses_whose_order_decides_are_no_race() {
    // Check and change have the lock, but not together.
    let locked = |access| [Acquire(0), access, Release(0)];
    let work: Vec<Do> = [locked(Read(0, 0)), locked(Write(0, 0, 1))].concat();
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&two_add(&work), base);
        let (_, _, variable) = pair(&trace, &cause);
        assert_eq!(variable, 0, "{cause:?}");
        for pair in &cause.decisive {
            assert!(!pair.race, "a lock orders them");
        }
    }
}

#[test]
fn no_pair_is_named_where_none_decides() {
    // It fails in any order.
    let work = [Read(0, 0), Write(0, 0, 1), Write(1, 3, 0)];
    let mut always = two_add(&work);
    always.threads[0].push(Assert(1, 7));
    let (_, cause) = cause_of(&always, &[]);
    assert_eq!(cause.decisive, []);
    assert!(cause.complete);
    // A start orders them.
    let main = [Write(0, 3, 1), Start(1), Join(1)];
    let (_, cause) = cause_of(&program(&[&main, &[Read(0, 0), Assert(0, 0)]]), &[]);
    assert_eq!((cause.decisive, cause.runs), (vec![], 0));
}

#[test]
fn the_budget_is_kept() {
    let work = [Write(1, 3, 0), Read(0, 0), Write(0, 0, 1)].repeat(3);
    let mut program = two_add(&work);
    program.threads[0].push(Assert(1, 7));
    for budget in [0, 1, 5] {
        let failing = run(&program, &mut Replay::new(Choices::new()), 1);
        let mut runs = 0;
        let cause = find_cause(&failing.trace, budget, |mut strategy| {
            runs += 1;
            Some(reversed(run(&program, &mut *strategy, 2)))
        });
        assert!(runs <= budget && cause.runs == runs);
        assert!(!cause.complete);
    }
}
