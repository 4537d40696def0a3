//! What the exhaustive searches must do: find every outcome, and make no run twice.

mod model;

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
    assert_eq!(found.outcomes.len(), 1 * 6, "registers tell who was first");
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
    println!("{} {}", found.runs, all.runs);
}
