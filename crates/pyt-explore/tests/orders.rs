//! `dpor` takes each order of a program once, as a whole and in parts, whatever the program uses:
//! attempts, semaphores, locks that deadlock, conditions whose waits end in time or not.
//!
//! `PYT_TEST_MODELS=N` tries N programs in the place of a few, `PYT_TEST_FIRST_MODEL` says the seed
//! of the first.

mod model;

use std::collections::BTreeSet;

use model::generate::mixed;
use model::oracle::{every_beginning, every_order};
use model::{Do::*, Program, SearchSummary, explore, program};
use pyt_explore::{Dpor, Shard};

/// Programs with more beginnings than these are left out: they take long.
const BEGINNINGS: usize = 5000;
/// Few enough schedules to try them all.
const FEW: u64 = 500;

type Orders = BTreeSet<Vec<u8>>;
type Outcomes = BTreeSet<String>;

/// All orders and outcomes, unless the program is too large.
fn all(program: &Program) -> Option<(Orders, Outcomes)> {
    let (orders, outcomes) = every_beginning(program, BEGINNINGS)?;
    if let Some(all) = every_order(program, FEW) {
        assert_eq!(all.orders, orders, "{program:?}");
        assert!(all.outcomes.keys().eq(&outcomes), "{program:?}");
    }
    Some((orders, outcomes))
}

fn whole(program: &Program) -> SearchSummary {
    let found = explore(program, &mut Dpor::new(), u64::MAX);
    assert!(found.proven, "{program:?}");
    found
}

/// What so many parts of a search find together.
fn in_parts(program: &Program, count: u64) -> (Orders, Outcomes) {
    let (mut orders, mut outcomes) = (Orders::new(), Outcomes::new());
    for index in 0..count {
        let mut part = Dpor::part(Shard::new(index, count).unwrap());
        let found = explore(program, &mut part, u64::MAX);
        assert!(found.proven, "{index} of {count} {program:?}");
        orders.extend(found.orders);
        outcomes.extend(found.outcomes.into_keys());
    }
    (orders, outcomes)
}

fn number(variable: &str, usual: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(usual, |value| value.parse().expect("a number"))
}

#[test]
fn generated_programs_have_all_their_orders_however_they_are_explored() {
    let first = number("PYT_TEST_FIRST_MODEL", 0);
    let count = number("PYT_TEST_MODELS", 500);
    let (mut programs, mut deadlock, mut runs, mut in_all, mut abandoned) = (0, 0, 0, 0, 0);
    let mut wrong = Vec::new();
    for seed in first..first + count {
        let program = mixed(seed);
        let Some((orders, outcomes)) = all(&program) else {
            continue;
        };
        let found = whole(&program);
        programs += 1;
        deadlock += u64::from(outcomes.iter().any(|one| one.starts_with("deadlock")));
        runs += found.runs;
        abandoned += found.abandoned;
        in_all += orders.len() as u64;
        let found = (found.orders, found.outcomes.into_keys().collect());
        let others = [2, 3].map(|count| (count, in_parts(&program, count)));
        for (parts, found) in [(1, found)].into_iter().chain(others) {
            if found != (orders.clone(), outcomes.clone()) {
                let (found, of) = (found.0.len(), orders.len());
                wrong.push(format!(
                    "{seed}: {parts} parts: {found} of {of} {program:?}"
                ));
            }
        }
    }
    println!(
        "{programs} of {count} programs, {deadlock} with deadlocks: {runs} runs for {in_all} orders, {abandoned} abandoned"
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(programs * 10 > count * 8 && deadlock * 3 > programs);
    // None is made twice, but for the first, where it has to be found out how the program ends.
    assert!(runs <= in_all + programs, "{runs} {in_all}");
    assert!(abandoned * 5 <= runs, "{abandoned} of {runs}");
}

/// Whether a timed wait could have come earlier is not always known: it is tried, and what the run
/// does instead counts, too.
#[test]
fn reversals_that_turn_out_to_be_impossible_lose_no_order() {
    let with_a_wait = program(&[
        &[AcquireFor(1, 1, 3)],
        &[Acquire(1), AcquireFor(0, 1, 3)],
        &[Acquire(0)],
    ]);
    let crosswise = program(&[
        &[Acquire(1), AcquireFor(0, 2, 3)],
        &[Acquire(0), AcquireFor(1, 2, 3)],
        &[AcquireFor(0, 1, 3)],
    ]);
    for (program, count) in [(with_a_wait, 3), (crosswise, 4)] {
        let (orders, _) = all(&program).unwrap();
        let found = whole(&program);
        assert_eq!((found.orders.len(), orders.len()), (count, count));
    }
}
