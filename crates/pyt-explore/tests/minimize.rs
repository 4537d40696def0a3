//! The minimizer finds the fewest switches, and races are those that there are.

mod model;

use pyt_sched::controlled::Action;

use model::{Do, Do::*, Program, program, run};
use pyt_explore::{Conflict, Minimized, StrategyKind, minimize, strategy::Replay};

/// A failing run, found with `kind`, made smaller.
fn smallest(program: &Program, kind: StrategyKind, base: u64, budget: u64) -> Minimized {
    let failing = (0..5000)
        .map(|number| {
            run(
                program,
                &mut *kind.strategy(pyt_explore::seed::nth(base, number)),
                0,
            )
        })
        .find(|ran| ran.failed)
        .expect("none fails");
    let mut runs = 0;
    let found = minimize(&failing.trace, budget, |mut strategy| {
        runs += 1;
        let ran = run(program, &mut *strategy, runs);
        ran.failed.then_some(ran.trace)
    });
    assert_eq!(found.runs, runs);
    assert!(runs <= budget);
    assert_eq!(found.switches.1, found.trace.switches());
    assert!(found.switches.1 <= found.switches.0);
    let mut replay = Replay::new(found.choices.clone());
    let watch = replay.divergence_check();
    assert!(run(program, &mut replay, 9).failed, "it fails again");
    assert_eq!(watch.divergence(), None);
    found
}

fn lost_update(rounds: u32) -> Program {
    let mut add = Vec::new();
    for _ in 0..rounds {
        add.extend([Step, Read(0, 0), Write(0, 0, 1), Step]);
    }
    let expected = 2 * i64::from(rounds);
    let check = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(0, 1),
        Assert(1, expected),
    ];
    program(&[&check, &add, &add])
}

#[test]
fn a_lost_update_needs_one_preemption() {
    for kind in [StrategyKind::Random, StrategyKind::Pos, StrategyKind::Mix] {
        for base in 0..10 {
            let found = smallest(&lost_update(5), kind, base, 2000);
            // Main, one, the other, one again, main: and main need not be asked in between.
            assert_eq!(found.preemptions.1, 1, "{kind} {base} {:?}", found.choices);
            assert_eq!(found.deviations.len(), 1);
            assert!(found.finished);
        }
    }
}

#[test]
fn a_deadlock_of_two_locks_needs_one_preemption() {
    let locks = |a, b| [Step, Acquire(a), Step, Acquire(b), Release(b), Release(a)];
    let both: Vec<Do> = locks(0, 1).repeat(4);
    let inverted: Vec<Do> = locks(1, 0).repeat(4);
    let program = program(&[&[Start(1), Start(2), Join(1), Join(2)], &both, &inverted]);
    for base in 0..10 {
        let found = smallest(&program, StrategyKind::Random, base, 2000);
        assert_eq!(found.preemptions.1, 1, "{:?}", found.choices);
    }
}

#[test]
fn a_budget_is_kept_and_what_was_found_within_it_fails() {
    for budget in [0, 1, 2, 5, 20] {
        let found = smallest(&lost_update(5), StrategyKind::Random, 1, budget);
        assert!(!found.finished, "{budget}");
    }
}

#[test]
fn locked_accesses_do_not_race_and_started_threads_come_after_their_start() {
    let add: &[Do] = &[Acquire(0), Read(0, 0), Write(0, 0, 1), Release(0)];
    let main: &[Do] = &[
        Write(0, 1, 0),
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(0, 1),
    ];
    let locked = program(&[main, add, add]);
    let hasty: &[Do] = &[
        Write(0, 1, 0),
        Start(1),
        Read(0, 1),
        Start(2),
        Join(2),
        Join(1),
    ];
    let hasty = program(&[hasty, add, add]);
    let mut racing = 0;
    for seed in 0..50 {
        let ran = run(&locked, &mut *StrategyKind::Random.strategy(seed), 0);
        assert_eq!(Conflict::races(&ran.trace), []);
        let ran = run(&hasty, &mut *StrategyKind::Random.strategy(seed), 0);
        for race in Conflict::races(&ran.trace) {
            racing += 1;
            let steps = ran.trace.steps();
            assert!(steps[race.first].thread * steps[race.second].thread == 0);
        }
    }
    assert!(racing > 20, "main reads beside thread 1");
}

/// Two threads that change `guarded` (0) within `enter` and `leave`, and `bare` (1) after that.
fn beside_a_guarded_one(enter: &[Do], leave: &[Do]) -> Program {
    let mut work = enter.to_vec();
    work.extend([Read(0, 0), Write(0, 0, 1)]);
    work.extend_from_slice(leave);
    work.extend([Read(1, 0), Write(1, 0, 1)]);
    let main = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(1, 1),
        Assert(1, 2),
    ];
    program(&[&main, &work, &work])
}

#[test]
fn attempts_that_succeed_order_what_they_guard_and_only_the_bare_variable_is_blamed() {
    // A register of 0 means that the attempt failed: it is made again.
    let program = beside_a_guarded_one(&[Try(0, 3), BackIf(3, 0, 1)], &[Release(0)]);
    let mut racing = 0;
    for seed in 0..200 {
        let ran = run(&program, &mut *StrategyKind::Random.strategy(seed), 0);
        let steps = ran.trace.steps();
        let guarded = steps.iter().find(|step| step.op.action == Action::Read);
        let guarded = guarded.unwrap().op.object;
        for race in Conflict::races(&ran.trace) {
            racing += 1;
            assert_ne!(steps[race.first].op.object, guarded, "{seed}");
        }
    }
    assert!(racing > 20, "{racing}");
}

#[test]
fn attempts_that_fail_order_nothing_with_what_comes_after_them() {
    // Thread 1 writes and finds the lock held; thread 2 then frees the lock, and writes.
    let one: &[Do] = &[Write(0, 0, 1), Try(0, 3)];
    let two: &[Do] = &[Acquire(0), Step, Release(0), Write(0, 0, 2)];
    let program = program(&[&[Start(1), Start(2), Join(1), Join(2)], one, two]);
    let mut failed_before = 0;
    for seed in 0..300 {
        let ran = run(&program, &mut *StrategyKind::Random.strategy(seed), 0);
        let steps = ran.trace.steps();
        let at = |action| steps.iter().position(|step| step.op.action == action);
        let attempt = at(Action::TryAcquire).unwrap();
        let writes: Vec<_> = (0..steps.len())
            .filter(|&step| steps[step].op.action == Action::Write)
            .collect();
        if steps[attempt].timed_out && attempt < writes[1] && steps[writes[1]].thread == 2 {
            failed_before += 1;
            assert_eq!(Conflict::races(&ran.trace).len(), 1, "{seed}");
        }
    }
    assert!(failed_before > 10, "{failed_before}");
}

#[test]
fn turns_that_a_strategy_forces_are_left_out() {
    // Each thread takes more steps than a strategy lets it take in a row.
    let mut work = vec![WritePart(0, 1, 2, 0); 400];
    work.extend([Read(1, 0), Write(1, 0, 1)]);
    let mut other = vec![WritePart(0, 2, 2, 0); 400];
    other.extend([Read(1, 0), Write(1, 0, 1)]);
    let main = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(1, 1),
        Assert(1, 2),
    ];
    let program = program(&[&main, &work, &other]);
    for (kind, base) in [
        (StrategyKind::Pct { depth: 2 }, 0),
        (StrategyKind::Random, 0),
        (StrategyKind::Random, 1),
    ] {
        let found = smallest(&program, kind, base, 400);
        assert_eq!(found.switches.1, 4, "{kind} {base} {:?}", found.choices);
    }
}

#[test]
fn a_failure_behind_a_poll_is_minimized_although_no_turn_is_forced() {
    // Thread 1 polls for what thread 2 does last.
    let poll: &[Do] = &[Read(0, 0), BackIf(0, 0, 1), Read(1, 1), Write(1, 1, 1)];
    let set: &[Do] = &[Read(1, 1), Write(0, 0, 1), Write(1, 1, 1)];
    let main = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(1, 1),
        Assert(1, 2),
    ];
    let program = program(&[&main, poll, set]);
    for base in 0..5 {
        let found = smallest(&program, StrategyKind::Random, base, 400);
        assert!(found.switches.1 <= 6, "{base} {:?}", found.choices);
    }
}
