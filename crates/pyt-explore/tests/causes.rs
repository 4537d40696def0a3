//! The cause of a failure is the pair of steps whose order decides, and no other.

mod model;

use model::{Do, Do::*, Program, Ran, program, run};
use pyt_explore::{
    Cause, Choices, Conflict, FailingTrace, Reversal, StrategyKind, Verdict, find_cause, minimize,
    strategy::Replay,
};
use pyt_sched::controlled::{Action, Place, Trace};

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
    cause_of_trace(program, &FailingTrace::new(failing.clone()))
}

fn cause_of_trace(program: &Program, failing: &FailingTrace) -> Cause {
    let mut runs = 1;
    find_cause(failing, 96, |mut strategy| {
        runs += 1;
        Some(reversed(run(program, &mut *strategy, runs)))
    })
}

/// The cause of a standstill, with what the threads wait to do.
fn cause_of_standstill(program: &Program, choices: &[u32]) -> (Trace, Cause) {
    let choices: Choices = choices.iter().copied().collect();
    let failing = run(program, &mut Replay::new(choices), 0);
    assert!(failing.failed && !failing.blocked.is_empty());
    let waits = failing.blocked.iter();
    let waits = waits.map(|waiting| (waiting.thread, waiting.op, Place::default()));
    let trace = FailingTrace::new(failing.trace.clone()).waiting(waits);
    (failing.trace, cause_of_trace(program, &trace))
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
        let failing = FailingTrace::new(failing.trace);
        let cause = find_cause(&failing, budget, |mut strategy| {
            runs += 1;
            Some(reversed(run(&program, &mut *strategy, 2)))
        });
        assert!(runs <= budget && cause.runs == runs);
        assert!(!cause.complete);
    }
}

/// The actions of two steps and what they touch, by its address.
fn both(trace: &Trace, pair: Conflict) -> [(u32, Action, usize); 2] {
    [pair.first, pair.second].map(|number| {
        let step = trace.steps()[number];
        (step.thread, step.op.action, step.op.object)
    })
}

#[test]
fn what_another_thread_does_between_two_steps_that_belong_together() {
    // One changes two variables, the other reads both, with an access that is beside the point
    // before and after.
    let beside = Write(2, 3, 0);
    let main = [
        Write(0, 3, 1),
        Write(1, 3, 1),
        Write(2, 3, 0),
        Write(3, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(3, 2),
        Assert(2, 0),
    ];
    let one = [beside, Write(0, 3, 2), Write(1, 3, 2), beside];
    let two = [
        beside,
        Read(0, 0),
        Read(1, 1),
        SkipIf(0, 1, 2),
        SkipIf(1, 2, 1),
        Write(3, 3, 1),
        beside,
    ];
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&program(&[&main, &one, &two]), base);
        let opposite = cause.opposite.expect("each thread is between two steps");
        let mut orders = [both(&trace, cause.decisive[0]), both(&trace, opposite)];
        orders.sort();
        let object = |variable: usize| trace.steps()[1 + variable].op.object;
        assert_eq!(
            orders,
            [
                [(1, Action::Write, object(0)), (2, Action::Read, object(0)),],
                [(2, Action::Read, object(1)), (1, Action::Write, object(1)),],
            ],
            "{cause:?}"
        );
    }
}

#[test]
fn a_thread_that_is_started_later_may_come_first() {
    // Thread 1 has looked before thread 2 is started.
    let main = [
        Write(0, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Assert(1, 0),
    ];
    let look = [Read(0, 0), SkipIf(0, 1, 1), WaitEvent(0)];
    let change = [Write(0, 3, 1)];
    let program = program(&[&main, &look, &change]);
    let (trace, cause) = cause_of_standstill(&program, &[0, 0, 0, 1, 1, 0, 2, 2]);
    let [first, second] = both(&trace, cause.decisive[0]);
    assert_eq!((first.1, second.1), (Action::Read, Action::Write));
    assert!(cause.decisive[0].race);
}

#[test]
fn a_thread_that_waits_for_ever_is_a_part_of_the_cause() {
    // What was set is cleared before the other one waits.
    let main = [Start(1), Start(2), Join(1), Join(2)];
    let clears = [Set(0), Clear(0)];
    let waits = [WaitEvent(0)];
    let (trace, cause) =
        cause_of_standstill(&program(&[&main, &clears, &waits]), &[0, 0, 0, 1, 1, 1, 1]);
    let pair = cause.decisive[0];
    assert_eq!(trace.steps()[pair.first].op.action, Action::Clear);
    assert!(pair.second >= trace.steps().len(), "{cause:?}");
    // A lock that is never given back.
    let keeps = [Acquire(0), WaitEvent(0)];
    let gives = [Acquire(0), Set(0), Release(0)];
    let (trace, cause) = cause_of_standstill(&program(&[&main, &keeps, &gives]), &[0, 0, 0, 1, 1]);
    let pair = cause.decisive[0];
    assert_eq!(trace.steps()[pair.first].op.action, Action::Acquire);
    assert!(pair.second >= trace.steps().len(), "{cause:?}");
}

#[test]
fn what_the_library_keeps_explains_less_than_what_the_program_has() {
    // Both accesses belong together, as in a call of the library with an argument.
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
    let work = [Write(1, 3, 0), Read(0, 0), Write(0, 0, 1), Write(1, 3, 0)];
    let program = program(&[&main, &work, &work]);
    for base in 0..10 {
        let (trace, _) = cause_of_found(&program, base);
        let state = trace.steps()[2].op.object;
        let of_library =
            (0..trace.steps().len()).filter(|&step| trace.steps()[step].op.object == state);
        let failing = FailingTrace::new(trace.clone()).of_library(of_library.collect::<Vec<_>>());
        let cause = cause_of_trace(&program, &failing);
        for pair in &cause.decisive {
            assert_ne!(trace.steps()[pair.first].op.object, state, "{cause:?}");
        }
        assert!(!cause.decisive.is_empty());
    }
}

#[test]
fn what_the_library_keeps_is_the_cause_where_it_decides_within_another_pair() {
    // Check and use of variable 0, which the library keeps; both threads write variable 1 before
    // and after. To reverse these reverses the others, too.
    let main = [
        Write(0, 3, 0),
        Write(1, 3, 0),
        Write(2, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(2, 2),
        Assert(2, 0),
    ];
    let uses = [
        Write(1, 3, 0),
        Read(0, 0),
        Read(0, 1),
        SkipIf(0, 1, 2),
        SkipIf(1, 0, 1),
        Write(2, 3, 1),
        Write(1, 3, 0),
    ];
    let changes = [Write(1, 3, 0), Write(0, 3, 1), Write(1, 3, 0)];
    let program = program(&[&main, &uses, &changes]);
    for base in 0..10 {
        let (trace, _) = cause_of_found(&program, base);
        let kept = trace.steps()[1].op.object;
        let of_library =
            (0..trace.steps().len()).filter(|&step| trace.steps()[step].op.object == kept);
        let failing = FailingTrace::new(trace.clone()).of_library(of_library.collect::<Vec<_>>());
        let cause = cause_of_trace(&program, &failing);
        assert_eq!(
            trace.steps()[cause.decisive[0].first].op.object,
            kept,
            "{cause:?}"
        );
    }
}

/// Main starts two threads, and expects 0 in variable 2.
fn of_two(one: &[Do], two: &[Do]) -> Program {
    let main = [
        Write(0, 3, 0),
        Write(1, 3, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(2, 2),
        Assert(2, 0),
    ];
    program(&[&main, one, two])
}

#[test]
fn steps_that_do_not_say_what_they_share_are_named_rather_than_accesses_around_them() {
    // What is shared is not seen, and both threads write variable 1 before and after.
    let noise = Write(1, 3, 0);
    let looks = [noise, Peek(0, 0), SkipIf(0, 1, 1), Write(2, 3, 1), noise];
    let pokes = [noise, Poke(0, 1), noise];
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&of_two(&looks, &pokes), base);
        let [pair] = cause.decisive[..] else {
            panic!("{cause:?}");
        };
        let [(one, ..), (two, ..)] = both(&trace, pair);
        assert_eq!((one, two), (1, 2));
        let (first, second) = (trace.steps()[pair.first], trace.steps()[pair.second]);
        let shared = trace.steps()[2].op.object;
        assert_eq!(
            (first.op.action, second.op.action),
            (Action::Read, Action::Write)
        );
        assert!(
            first.op.object != shared && second.op.object != shared,
            "{cause:?}"
        );
        assert_eq!(cause.opposite, None);
    }
}

#[test]
fn both_orders_are_named_of_steps_that_do_not_say_what_they_share() {
    let noise = Write(1, 3, 0);
    // It fails if the two looks differ.
    let looks = [
        noise,
        Peek(0, 0),
        Peek(0, 1),
        SkipIf(0, 1, 2),
        SkipIf(1, 0, 1),
        Write(2, 3, 1),
        noise,
    ];
    let pokes = [noise, Poke(0, 1), noise];
    for base in 0..10 {
        let (trace, cause) = cause_of_found(&of_two(&looks, &pokes), base);
        let pairs = [Some(cause.decisive[0]), cause.opposite];
        let mut named: Vec<_> = pairs
            .iter()
            .map(|pair| both(&trace, pair.expect("only one order is named")))
            .map(|[(one, did, _), (two, then, _)]| (one, did, two, then))
            .collect();
        named.sort_by_key(|(one, ..)| *one);
        let expected = [
            (1, Action::Read, 2, Action::Write),
            (2, Action::Write, 1, Action::Read),
        ];
        assert_eq!(named, expected, "{cause:?}");
        let shared = trace.steps()[2].op.object;
        for pair in pairs.into_iter().flatten() {
            let mut objects = [pair.first, pair.second].map(|step| trace.steps()[step].op.object);
            objects.sort_unstable();
            assert!(!objects.contains(&shared), "{cause:?}");
        }
    }
}
