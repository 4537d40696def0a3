//! What the exhaustive searches must do: find every outcome, and make no run twice.

mod model;

use std::collections::BTreeSet;

use model::generate::{FLAVOURS, Flavour, generate};
use model::{Do::*, Program, brute_force, explore, program};
use pyt_explore::{Dfs, Dpor};

const LOCKED: &[model::Do] = &[Acquire(0), Read(0, 0), Write(0, 0, 1), Release(0)];
const UNLOCKED: &[model::Do] = &[Read(0, 0), Write(0, 0, 1)];

fn dpor(program: &Program) -> model::Explored {
    explore(program, &mut Dpor::new(), 100_000)
}

#[test]
fn three_locked_counters_take_six_runs() {
    let found = dpor(&program(&[LOCKED, LOCKED, LOCKED]));
    assert_eq!((found.runs, found.abandoned), (6, 0));
    assert_eq!(found.outcomes.len(), 6, "registers tell who was first");
    assert!(found.proven);
}

#[test]
fn as_many_runs_as_orders_for_three_unlocked_counters() {
    let program = program(&[UNLOCKED, UNLOCKED, UNLOCKED]);
    let all = brute_force(&program, 100_000_000).unwrap();
    let found = dpor(&program);
    assert_eq!(found.abandoned, 0);
    assert_eq!(found.runs, all.orders.len() as u64);
    assert_eq!(found.outcomes.len(), all.outcomes.len());
    assert!(found.runs <= 40);
}

/// Few enough schedules to try them all in a debugging build, too.
const FEW: u64 = 3000;

#[test]
fn generated_programs_have_the_same_outcomes_however_they_are_explored() {
    for flavour in FLAVOURS {
        let (mut programs, mut runs, mut abandoned, mut redundant) = (0, 0, 0, 0);
        for seed in 0..150 {
            let program = generate(flavour, seed);
            let Some(all) = brute_force(&program, FEW) else {
                continue;
            };
            let found = dpor(&program);
            let outcomes: Vec<_> = found.outcomes.keys().collect();
            assert!(
                outcomes.iter().copied().eq(all.outcomes.keys()),
                "{flavour:?} {seed} {program:?}: {outcomes:?} {:?}",
                all.outcomes
            );
            assert!(found.proven);
            programs += 1;
            runs += found.runs;
            abandoned += found.abandoned;
            redundant += found.runs - found.orders.len() as u64;
        }
        println!(
            "{flavour:?}: {programs} programs, {runs} runs, {abandoned} abandoned, {redundant} redundant"
        );
        assert!(programs > 50);
        // None is made twice, but for the first ones where the main thread's end comes last, and it
        // has to be found out whether it ends all.
        let restarts = match flavour {
            Flavour::Memory | Flavour::Threads => 0,
            Flavour::Daemons => 2 * programs,
            _ => programs / 5,
        };
        assert!(redundant <= restarts, "{flavour:?}: {redundant}");
        assert!(abandoned * 10 <= runs, "{flavour:?}: {abandoned} of {runs}");
    }
}

#[test]
fn depth_first_search_makes_each_schedule_once() {
    for flavour in FLAVOURS {
        for seed in 0..40 {
            let program = generate(flavour, seed);
            let Some(all) = brute_force(&program, FEW) else {
                continue;
            };
            let found = explore(&program, &mut Dfs::new(), u64::MAX);
            assert_eq!(found.runs, all.runs, "{flavour:?} {seed}");
            assert_eq!(found.schedules, all.schedules);
            assert!(found.proven);
        }
    }
}

#[test]
fn a_bound_leaves_out_what_needs_more_preemptions_and_nothing_else() {
    for seed in 0..20 {
        let program = generate(Flavour::Locks, seed);
        let Some(all) = brute_force(&program, FEW) else {
            continue;
        };
        for bound in 0..4 {
            let found = explore(&program, &mut Dfs::bounded(bound), u64::MAX);
            let within = all.preemptions.iter().filter(|&(_, &count)| count <= bound);
            let within: BTreeSet<_> = within.map(|(schedule, _)| schedule.clone()).collect();
            assert_eq!(found.schedules, within, "{seed} {bound}");
            assert!(found.exhausted);
            assert_eq!(found.proven, found.schedules.len() == all.schedules.len());
        }
    }
}
