//! `dpor:N` finds what `dfs:N` finds, whatever the program uses, in fewer runs.
//!
//! `PYT_TEST_MODELS=N` tries N programs of each kind in the place of a few,
//! `PYT_TEST_FIRST_MODEL` says the seed of the first.

mod model;

use std::collections::BTreeSet;

use model::generate::{FLAVOURS, generate, mixed};
use model::{Do, Do::*, Program, SearchSummary, explore, program};
use pyt_explore::{BoundedDpor, Dfs, SearchKind};

/// Programs with more schedules within the bound than these are left out: they take long.
const FEW: u64 = 6000;
const MOST_BOUND: usize = 3;

fn number(variable: &str, usual: u64) -> u64 {
    let value = std::env::var(variable).ok();
    value.map_or(usual, |value| value.parse().expect("a number"))
}

/// All schedules within the bound, unless there are too many.
fn all(program: &Program, bound: usize) -> Option<SearchSummary> {
    let found = explore(program, &mut Dfs::bounded(bound), FEW);
    found.exhausted.then_some(found)
}

/// What both searches made of some programs.
#[derive(Debug, Default)]
struct Compared {
    programs: u64,
    /// For each bound.
    dfs_runs: [u64; MOST_BOUND + 1],
    dpor_runs: [u64; MOST_BOUND + 1],
    /// Cases in which the bound leaves out an outcome.
    bounded: u64,
    wrong: Vec<String>,
}

impl Compared {
    fn add(&mut self, name: &str, program: &Program) {
        let mut outcomes: Vec<BTreeSet<String>> = Vec::new();
        for bound in 0..=MOST_BOUND {
            let Some(all) = all(program, bound) else {
                break;
            };
            let mut dpor = BoundedDpor::new(bound);
            let found = explore(program, &mut dpor, u64::MAX);
            assert!(found.exhausted && !found.proven, "{name} {bound}");
            self.dfs_runs[bound] += all.runs;
            self.dpor_runs[bound] += found.runs;
            let same = found.orders == all.orders && found.outcomes.keys().eq(all.outcomes.keys());
            let within = found.schedules.is_subset(&all.schedules);
            if !same || !within {
                self.wrong.push(format!(
                    "{name} dpor:{bound}: {} of {} orders, {} of {} outcomes, within: {within} \
                     {program:?}",
                    found.orders.len(),
                    all.orders.len(),
                    found.outcomes.len(),
                    all.outcomes.len(),
                ));
            }
            outcomes.push(all.outcomes.into_keys().collect());
        }
        self.programs += u64::from(!outcomes.is_empty());
        self.bounded += u64::from(outcomes.windows(2).any(|two| two[0] != two[1]));
    }

    fn check(&self, name: &str) {
        let wrong = self.wrong.len();
        println!(
            "{name}: {} programs, in {} of them a bound matters; runs of dfs {:?}, of dpor {:?}; \
             {wrong} wrong",
            self.programs, self.bounded, self.dfs_runs, self.dpor_runs
        );
        assert!(wrong == 0, "{}", self.wrong[..wrong.min(5)].join("\n"));
    }
}

#[test]
fn generated_programs_have_the_orders_of_the_bound() {
    let first = number("PYT_TEST_FIRST_MODEL", 0);
    let count = number("PYT_TEST_MODELS", 60);
    for flavour in FLAVOURS {
        let mut compared = Compared::default();
        for seed in first..first + count {
            let name = format!("{flavour:?} {seed}");
            compared.add(&name, &generate(flavour, seed));
        }
        compared.check(&format!("{flavour:?}"));
        assert!(compared.programs * 4 >= count, "{flavour:?}");
    }
}

#[test]
fn programs_of_all_kinds_have_the_orders_of_the_bound() {
    let first = number("PYT_TEST_FIRST_MODEL", 0);
    let count = number("PYT_TEST_MODELS", 200);
    let mut compared = Compared::default();
    for seed in first..first + count {
        compared.add(&seed.to_string(), &mixed(seed));
    }
    compared.check("mixed");
    assert!(compared.programs * 2 > count && compared.bounded * 4 > compared.programs);
}

/// A thread that sleeps is woken by what comes before a switch, so the switch is a preemption that
/// it was not where another thread took a step in between.
#[test]
fn the_passing_of_time_makes_all_steps_count() {
    let mut compared = Compared::default();
    compared.add("121", &mixed(121));
    compared.check("time");
}

#[test]
fn steps_that_touch_nothing_of_others_cost_no_runs() {
    let main: &[Do] = &[Start(1), Start(2), Join(1), Join(2), Read(9, 0)];
    let alone = |of: u64| {
        let mut code: Vec<Do> = (0..8).map(|_| Write(of, 0, 1)).collect();
        code.extend([Read(0, 0), Write(0, 0, 1)]);
        code
    };
    let program = program(&[main, &alone(1), &alone(2)]);
    let all = explore(&program, &mut Dfs::bounded(2), u64::MAX);
    let found = explore(&program, &mut BoundedDpor::new(2), u64::MAX);
    assert_eq!(found.orders, all.orders);
    assert!(found.runs * 10 < all.runs, "{} {}", found.runs, all.runs);
}

#[test]
fn a_search_for_few_preemptions_has_a_name() {
    assert_eq!("dpor:2".parse(), Ok(SearchKind::Dpor(Some(2))));
    assert_eq!(SearchKind::Dpor(Some(2)).to_string(), "dpor:2");
    for wrong in [
        "dpor:", "dpor:x", "dpor:-1", "dpor:1.5", "dpor:2:3", "dpor 2",
    ] {
        assert!(wrong.parse::<SearchKind>().is_err(), "{wrong}");
    }
}
