//! What the exhaustive searches must do: find every outcome, and make no run twice.

mod model;

use std::collections::BTreeSet;

use model::generate::{FLAVOURS, Flavour, generate};
use model::oracle::{brute_force, every_order};
use model::{Do, Do::*, Program, explore, program};
use pyt_explore::{Dfs, Dpor, Next, Search, Shard};

const LOCKED: &[model::Do] = &[Acquire(0), Read(0, 0), Write(0, 0, 1), Release(0)];
const UNLOCKED: &[model::Do] = &[Read(0, 0), Write(0, 0, 1)];

fn dpor(program: &Program) -> model::SearchSummary {
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
    let all = every_order(&program, 100_000_000).unwrap();
    let found = dpor(&program);
    assert_eq!(found.abandoned, 0);
    assert_eq!(found.runs, all.orders.len() as u64);
    assert_eq!(found.outcomes.len(), all.outcomes.len());
    assert!(found.runs <= 40);
}

/// Few enough schedules to try them all.
const FEW: u64 = 3000;

#[test]
fn generated_programs_have_the_same_outcomes_however_they_are_explored() {
    for flavour in FLAVOURS {
        let (mut programs, mut runs, mut abandoned, mut redundant) = (0, 0, 0, 0);
        let (seeds, few) = match flavour {
            Flavour::Nested => (1000..1020, 15_000),
            _ => (0..100, FEW),
        };
        for seed in seeds {
            let program = generate(flavour, seed);
            let Some(all) = brute_force(&program, few) else {
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
        assert!(programs >= 5);
        // None is made twice, but for the first where the main thread's end comes last, and it has
        // to be found out whether it ends all.
        let restarts = match flavour {
            Flavour::Memory | Flavour::Threads => 0,
            _ => programs,
        };
        assert!(redundant <= restarts, "{flavour:?}: {redundant}");
        assert!(abandoned * 10 <= runs, "{flavour:?}: {abandoned} of {runs}");
    }
}

/// Checks that parts of a search find together what the whole does. Returns how many runs they
/// make, and how many of them are in other parts than the first.
fn check_parts(program: &Program, whole: &model::SearchSummary, count: u64) -> (u64, u64) {
    let (mut outcomes, mut orders) = (BTreeSet::new(), BTreeSet::new());
    let (mut runs, mut in_others) = (0, 0);
    let mut division = BTreeSet::new();
    for index in 0..count {
        let mut part = Dpor::part(Shard::new(index, count).unwrap());
        let found = explore(program, &mut part, u64::MAX);
        assert!(found.proven, "{index} of {count} {program:?}");
        outcomes.extend(found.outcomes.into_keys());
        runs += found.runs;
        in_others += if index > 0 { found.runs } else { 0 };
        orders.extend(found.orders);
        division.insert(part.progress().division);
    }
    assert!(
        outcomes.iter().eq(whole.outcomes.keys()),
        "{count} {program:?}: {outcomes:?}"
    );
    assert!(orders.is_superset(&whole.orders), "{count} {program:?}");
    assert_eq!(division.len(), 1, "{count} {program:?}");
    (runs, in_others)
}

/// `PYT_TEST_PARTS=N` tries N programs of each flavour in the place of a few.
#[test]
fn parts_of_a_search_find_together_what_the_whole_finds() {
    let seeds = std::env::var("PYT_TEST_PARTS").ok();
    let seeds: u64 = seeds.map_or(40, |seeds| seeds.parse().expect("a number"));
    let (mut programs, mut all_runs, mut all_orders, mut all_in_others) = (0, 0, 0, 0);
    for flavour in FLAVOURS {
        for seed in 0..seeds {
            let program = generate(flavour, seed);
            let whole = explore(&program, &mut Dpor::new(), 1000);
            if !whole.proven {
                continue;
            }
            for count in [2, 3, 5] {
                let (runs, in_others) = check_parts(&program, &whole, count);
                all_runs += runs;
                all_in_others += in_others;
                all_orders += whole.orders.len() as u64;
            }
            programs += 1;
        }
    }
    println!(
        "{programs} programs, {all_runs} runs for {all_orders} orders, {all_in_others} of them not in the first part"
    );
    assert!(programs > 100 && all_in_others * 2 > all_orders);
    // In the top the end of the main thread is taken to depend on every step.
    assert!(all_runs < 2 * all_orders, "{all_runs} {all_orders}");
}

/// More threads, and more that each does, than those of generated programs.
#[test]
fn parts_of_larger_searches_find_together_what_the_whole_finds() {
    let main: &[model::Do] = &[Start(1), Start(2), Start(3), Join(1), Join(2), Join(3)];
    let twice = [UNLOCKED, UNLOCKED].concat();
    let locked_then_not = [LOCKED, UNLOCKED].concat();
    let looks: &[Do] = &[Read(0, 0), SkipIf(0, 0, 1), Write(1, 0, 1), Read(1, 1)];
    let takes: &[Do] = &[Get(0, 0), Write(0, 0, 1)];
    let puts: &[Do] = &[Put(0, 1), Read(0, 0), Put(0, 2)];
    let programs = [
        program(&[main, UNLOCKED, UNLOCKED, UNLOCKED]),
        program(&[main, &twice, UNLOCKED, LOCKED]),
        program(&[main, &locked_then_not, LOCKED, LOCKED]),
        program(&[main, looks, UNLOCKED, &twice]),
        program(&[main, takes, puts, takes]),
        program(&[&main[..3], looks, UNLOCKED, UNLOCKED]),
    ];
    for program in programs {
        let whole = dpor(&program);
        assert!(
            whole.proven && whole.runs >= 10,
            "{} {program:?}",
            whole.runs
        );
        for count in [2, 3, 4, 7] {
            check_parts(&program, &whole, count);
        }
    }
}

#[test]
fn parts_of_a_search_make_no_run_twice_where_the_main_thread_ends_last() {
    let main: &[model::Do] = &[Start(1), Start(2), Start(3), Join(1), Join(2), Join(3)];
    let program = program(&[main, UNLOCKED, UNLOCKED, UNLOCKED]);
    let whole = dpor(&program);
    for count in [2, 3, 7] {
        let parts = (0..count).map(|index| {
            let mut part = Dpor::part(Shard::new(index, count).unwrap());
            let found = explore(&program, &mut part, u64::MAX);
            assert!(found.proven);
            found
        });
        let parts: Vec<_> = parts.collect();
        let runs: u64 = parts.iter().map(|part| part.runs).sum();
        let orders = whole.orders.len() as u64;
        assert_eq!(runs, orders, "{count}");
        let most = parts.iter().map(|part| part.runs).max();
        assert!(
            most.is_some_and(|most| most * count < orders * 2),
            "{count} {most:?}"
        );
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

/// `PYT_TEST_PARTS=N` tries N programs of each flavour in the place of a few.
#[test]
fn parts_of_a_depth_first_search_make_together_the_schedules_of_the_whole() {
    let seeds = std::env::var("PYT_TEST_PARTS").ok();
    let seeds: u64 = seeds.map_or(20, |seeds| seeds.parse().expect("a number"));
    let (mut programs, mut all_runs, mut in_others) = (0, 0, 0);
    for flavour in FLAVOURS {
        for (seed, bound) in (0..seeds).flat_map(|seed| [(seed, None), (seed, Some(1))]) {
            let program = generate(flavour, seed);
            let whole = explore(&program, &mut Dfs::part(bound, Shard::WHOLE), FEW);
            if !whole.exhausted {
                continue;
            }
            for count in [2, 3, 7] {
                let (mut schedules, mut outcomes) = (BTreeSet::new(), BTreeSet::new());
                let (mut runs, mut proven) = (0, true);
                let mut division = BTreeSet::new();
                for index in 0..count {
                    let mut part = Dfs::part(bound, Shard::new(index, count).unwrap());
                    let found = explore(&program, &mut part, u64::MAX);
                    assert!(found.exhausted, "{index} of {count} {program:?}");
                    let progress = part.progress();
                    assert_eq!(progress.finished, found.runs);
                    proven &= found.proven;
                    runs += found.runs;
                    in_others += if index > 0 { found.runs } else { 0 };
                    schedules.extend(found.schedules);
                    outcomes.extend(found.outcomes.into_keys());
                    division.insert(progress.division);
                }
                assert_eq!(schedules, whole.schedules, "{count} {program:?}");
                assert!(outcomes.iter().eq(whole.outcomes.keys()));
                assert_eq!(runs, schedules.len() as u64, "none is made twice");
                assert_eq!((proven, division.len()), (whole.proven, 1));
                all_runs += runs;
            }
            programs += 1;
        }
    }
    println!("{programs} programs, {all_runs} runs, {in_others} of them not in the first part");
    assert!(programs > 100 && in_others * 2 > all_runs);
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

#[test]
fn four_locked_counters_and_a_lock_for_each_variable() {
    let found = dpor(&program(&[LOCKED, LOCKED, LOCKED, LOCKED]));
    assert_eq!((found.runs, found.abandoned), (24, 0));
    // Threads that each use a lock and a variable of their own do not depend on each other.
    let alone = |n| [Acquire(n), Read(n, 0), Write(n, 0, 1), Release(n)];
    let found = dpor(&program(&[&alone(0), &alone(1), &alone(2), &alone(3)]));
    assert_eq!((found.runs, found.abandoned), (1, 0));
}

/// The waits of a deadlock race, too: without them the first run would be the only one.
#[test]
fn a_deadlock_in_the_first_run_hides_nothing() {
    let locks = |a, b| [Acquire(a), Acquire(b), Release(b), Release(a)];
    let main: &[model::Do] = &[Start(1), Start(2), Join(1), Join(2)];
    let found = dpor(&program(&[main, &locks(0, 1), &locks(1, 0)]));
    let deadlocks = found.outcomes.keys().filter(|o| o.starts_with("deadlock"));
    assert_eq!((deadlocks.count(), found.outcomes.len()), (1, 2));
    assert_eq!((found.runs, found.abandoned), (3, 0));
}

#[test]
fn a_run_that_the_step_limit_ends_proves_nothing() {
    let poll: &[model::Do] = &[Read(0, 0), BackIf(0, 0, 1)];
    let program = program(&[poll]);
    for search in [&mut Dfs::new() as &mut dyn Search, &mut Dpor::new()] {
        let found = explore(&program, search, 10);
        assert!(found.exhausted && !found.proven);
        assert_eq!(search.progress().cut, 1);
    }
}

#[test]
fn dpor_ends_in_time_where_threads_poll_without_end_and_tells_what_it_found() {
    // As many steps as are allowed, nearly all of which race with each other.
    let poll: &[Do] = &[Read(0, 0), Write(0, 0, 0), BackIf(3, 0, 2)];
    let program = program(&[poll, poll]);
    let mut dpor = Dpor::new();
    let began = std::time::Instant::now();
    let time = std::time::Duration::from_secs(1);
    dpor.end_at(began + time);
    let mut runs = 0;
    while began.elapsed() < time
        && let Next::Run(mut next) = dpor.next()
    {
        let ran = model::run_up_to(&program, &mut *next.strategy, 0, 100_000);
        assert!(ran.cut && ran.failed);
        dpor.learn(next.number, &ran.seen());
        runs += 1;
    }
    assert!(runs > 0);
    assert!(began.elapsed() < 10 * time, "{:?}", began.elapsed());
    let progress = dpor.progress();
    assert!(!progress.proven && !progress.exhausted);
}

/// All 7,515,024 schedules have 14 orders and 4 outcomes.
#[test]
fn attempts_and_deadlocks_have_all_their_orders() {
    let first: &[Do] = &[
        Try(0, 3),
        SkipIf(3, 0, 2),
        WritePart(1, 2, 0, 5),
        Release(0),
        Acquire(1),
        ReadPart(1, 2, 1),
        Acquire(1),
        Read(1, 0),
        Release(1),
        Release(1),
    ];
    let second: &[Do] = &[
        Acquire(0),
        Read(0, 0),
        SkipIf(0, 0, 1),
        Read(1, 0),
        Try(0, 3),
        SkipIf(3, 0, 2),
        Read(1, 0),
        Release(0),
        Release(0),
    ];
    let attempt = [Try(1, 3), SkipIf(3, 0, 2)];
    let third = [
        &attempt[..],
        &[Read(0, 0), Release(1)],
        &attempt,
        &[Read(1, 0), Release(1)],
    ]
    .concat();
    let program = Program {
        permits: [(0, 2)].into(),
        ..program(&[first, second, &third])
    };
    let found = dpor(&program);
    assert_eq!((found.orders.len(), found.outcomes.len()), (14, 4));
}
