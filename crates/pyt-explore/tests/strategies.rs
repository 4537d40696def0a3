//! What the sampling strategies must do: make the same run again, end, be fair, and find bugs.

mod model;

use model::{Do, Do::*, Program, explore, program, run};
use pyt_explore::{
    Choices, Next, Sampling, Search, Shard, StrategyKind,
    strategy::{Pct, Replay},
};
use pyt_sched::controlled::{Action, Candidate, Decision, Op};

const KINDS: [StrategyKind; 6] = [
    StrategyKind::Mix,
    StrategyKind::Random,
    StrategyKind::Pos,
    StrategyKind::Pct { depth: 1 },
    StrategyKind::Pct { depth: 3 },
    StrategyKind::RoundRobin,
];

/// The ones that draw orders at random.
const FINDERS: [StrategyKind; 5] = [
    StrategyKind::Mix,
    StrategyKind::Random,
    StrategyKind::Pos,
    StrategyKind::Pct { depth: 2 },
    StrategyKind::Pct { depth: 3 },
];

fn lost_update() -> Program {
    let add: &[Do] = &[Step, Step, Read(0, 0), Write(0, 0, 1), Step, Step];
    let check = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(0, 1),
        Assert(1, 2),
    ];
    program(&[&check, add, add])
}

fn abba() -> Program {
    let locks = |a, b| [Step, Acquire(a), Step, Acquire(b), Release(b), Release(a)];
    program(&[
        &[Start(1), Start(2), Join(1), Join(2)],
        &locks(0, 1),
        &locks(1, 0),
    ])
}

/// The waiter looks at the flag, and enters the line only after the notification.
fn lost_wake_up() -> Program {
    program(&[
        &[Start(1), Start(2), Join(1), Join(2)],
        &[Read(0, 0), SkipIf(0, 1, 2), Enter(0), AwaitNotify(0)],
        &[Step, Write(0, 1, 1), Notify(0)],
    ])
}

/// `while not q.empty(): q.get()`, twice.
fn hanging_workers() -> Program {
    let drain: &[Do] = &[LookEmpty(0, 0), SkipIf(0, 1, 2), Get(0, 1), BackIf(0, 0, 3)];
    program(&[
        &[
            Put(0, 1),
            Put(0, 2),
            Put(0, 3),
            Start(1),
            Start(2),
            Join(1),
            Join(2),
        ],
        drain,
        drain,
    ])
}

#[test]
fn known_bugs_are_found_within_few_schedules() {
    for (name, program) in [
        ("lost update", lost_update()),
        ("ABBA", abba()),
        ("lost wake-up", lost_wake_up()),
        ("hanging workers", hanging_workers()),
    ] {
        for kind in FINDERS {
            let mut worst = 0;
            for base in 0..20 {
                let mut search = Sampling::new(kind, base, Shard::WHOLE).limit(200);
                let found = explore(&program, &mut search, u64::MAX);
                let first = found.first_failure;
                assert!(first.is_some(), "{name}, {kind}, base seed {base}");
                worst = worst.max(first.unwrap_or(0));
            }
            println!("{name}, {kind}: schedule {worst} at the latest");
        }
    }
}

#[test]
fn correct_programs_stay_silent() {
    let add: &[Do] = &[Acquire(0), Read(0, 0), Write(0, 0, 1), Release(0)];
    let check = [
        Start(1),
        Start(2),
        Join(1),
        Join(2),
        Read(0, 1),
        Assert(1, 2),
    ];
    let program = program(&[&check, add, add]);
    for kind in KINDS {
        let mut search = Sampling::new(kind, 5, Shard::WHOLE).limit(500);
        let found = explore(&program, &mut search, u64::MAX);
        assert_eq!((found.runs, found.first_failure), (500, None), "{kind}");
    }
}

#[test]
fn a_seed_makes_the_same_run_again() {
    for kind in KINDS {
        let mut search = Sampling::new(kind, 42, Shard::WHOLE).limit(50);
        let mut schedules = std::collections::BTreeSet::new();
        while let Next::Run(mut first) = search.next() {
            let program = hanging_workers();
            let ran = run(&program, &mut *first.strategy, first.number);
            let is_suggested = kind == StrategyKind::Mix && first.number % 8 == 3;
            assert_eq!(
                first.seed.is_none(),
                is_suggested,
                "{kind} {}",
                first.number
            );
            if let Some(seed) = first.seed {
                let again = run(&program, &mut *kind.strategy(seed), 77);
                assert_eq!(Choices::of(&ran.trace), Choices::of(&again.trace));
                assert_eq!(ran.outcome, again.outcome);
            }
            schedules.insert(Choices::of(&ran.trace).runs().to_vec());
            search.learn(first.number, &ran.seen());
        }
        let least = match kind {
            StrategyKind::RoundRobin | StrategyKind::Pct { depth: 1 } => 3,
            _ => 10,
        };
        assert!(schedules.len() > least, "{kind}: {}", schedules.len());
    }
}

/// If this fails, seeds that were written down no longer mean what they meant.
#[test]
fn what_a_seed_means_never_changes() {
    let told: Vec<_> = KINDS
        .into_iter()
        .map(|kind| {
            let ran = run(
                &lost_update(),
                &mut *kind.strategy(0x1234_5678_9abc_def1),
                0,
            );
            let threads: String = Choices::of(&ran.trace)
                .iter()
                .map(|thread| thread.to_string())
                .collect();
            format!("{kind} {threads}")
        })
        .collect();
    assert_eq!(told, PINNED);
}

const PINNED: [&str; 6] = [
    "mix 00101111122222222110000",
    "random 00111101121222122022000",
    "pos 00101111122222222110000",
    "pct:1 00111111110222222220000",
    "pct:3 00022222222111111110000",
    "round-robin 00110112211221122022000",
];

#[test]
fn shards_and_jobs_make_the_runs_of_the_whole() {
    let program = lost_update();
    // (number, seed) of all runs that count, with several runs under way at once.
    let runs = |shard, at_once: usize| {
        let mut search = Sampling::new(StrategyKind::Mix, 9, shard).limit(100);
        let mut runs = Vec::new();
        let mut under_way = Vec::new();
        loop {
            match search.next() {
                Next::Run(mut next) => {
                    let ran = run(&program, &mut *next.strategy, 0);
                    if search.counts(next.number) {
                        runs.push((next.number, next.seed, Choices::of(&ran.trace)));
                    }
                    under_way.push((next.number, ran));
                    if under_way.len() < at_once {
                        continue;
                    }
                }
                Next::Wait => assert!(!under_way.is_empty()),
                Next::Done if under_way.is_empty() => break runs,
                Next::Done => {}
            }
            let (number, ran) = under_way.swap_remove(under_way.len() / 2);
            search.learn(number, &ran.seen());
        }
    };
    let whole = runs(Shard::WHOLE, 1);
    assert_eq!(whole.len(), 100);
    assert_eq!(runs(Shard::WHOLE, 4), whole);
    let mut parts: Vec<_> = (0..3)
        .flat_map(|index| runs(Shard::new(index, 3).unwrap(), 2))
        .collect();
    parts.sort_by_key(|run| run.0);
    assert_eq!(parts, whole);
    assert_eq!(Shard::new(3, 3), None);
}

/// The flag is set between two reads of it, in a run with 400 other steps.
#[test]
fn a_narrow_window_in_a_long_run_is_found_in_few_schedules_of_a_mix() {
    let mut looks: Vec<Do> = vec![Write(1, 1, 1); 200];
    looks.extend([Read(0, 0), SkipIf(0, 1, 2), Read(0, 1), Assert(1, 0)]);
    let mut sets: Vec<Do> = vec![Write(1, 1, 1); 200];
    sets.push(Write(0, 1, 1));
    let program = program(&[&[Start(1), Start(2), Join(1), Join(2)], &looks, &sets]);
    for base in 0..20 {
        let mut search = Sampling::new(StrategyKind::Mix, base, Shard::WHOLE).limit(40);
        let mut found = None;
        while let Next::Run(mut next) = search.next() {
            let ran = run(&program, &mut *next.strategy, 0);
            if ran.failed {
                found.get_or_insert((next.number, next.seed));
            }
            search.learn(next.number, &ran.seen());
        }
        let (number, seed) = found.unwrap_or_else(|| panic!("base seed {base}"));
        assert!(
            number < 40 && (seed.is_none() || number % 8 != 3),
            "{number} {seed:?}"
        );
    }
}

/// One thread polls for what the other does only after many steps.
#[test]
fn no_thread_is_starved_by_a_thread_that_polls() {
    let mut long: Vec<Do> = vec![Step; 40];
    long.push(Write(0, 1, 1));
    let poll: &[Do] = &[Read(0, 0), BackIf(0, 0, 1)];
    for program in [program(&[poll, &long]), program(&[&long, poll, poll])] {
        for kind in KINDS {
            for seed in 0..100_u64 {
                let seed = pyt_explore::seed::nth(3, seed);
                let ran = run(&program, &mut *kind.strategy(seed), 0);
                assert!(!ran.cut, "{kind} {seed}");
            }
        }
        for mut search in [
            Box::new(pyt_explore::Dfs::new()) as Box<dyn Search>,
            Box::new(pyt_explore::Dpor::new()),
        ] {
            let Next::Run(mut first) = search.next() else {
                panic!("nothing to do");
            };
            assert!(!run(&program, &mut *first.strategy, 0).cut);
        }
    }
}

#[test]
fn pct_runs_the_most_urgent_thread_and_changes_as_often_as_its_depth_says() {
    let steps: &[Do] = &[Step; 30];
    let program = program(&[steps, steps, steps]);
    for depth in 1..5 {
        let mut most = 0;
        for seed in 0..200 {
            let ran = run(&program, &mut Pct::new(seed, depth, Some(64)), 0);
            let preemptions = ran.trace.preemptions();
            assert!(preemptions < depth as usize, "depth {depth}, seed {seed}");
            most = most.max(preemptions);
        }
        assert_eq!(most, depth as usize - 1);
    }
}

#[test]
fn every_candidate_is_as_likely_at_first() {
    let candidates = [0, 1, 2].map(|thread| Candidate {
        thread,
        op: Op::on(Action::Write, 8),
        timed_out: false,
    });
    let decision = Decision {
        step: 0,
        current: None,
        candidates: &candidates,
    };
    for kind in FINDERS {
        let mut counts = [0; 3];
        for number in 0..3000 {
            let seed = pyt_explore::seed::nth(11, number);
            counts[kind.strategy(seed).choose(&decision)] += 1;
        }
        let fair = counts.iter().all(|count| (880..1120).contains(count));
        assert!(fair, "{kind}: {counts:?}");
    }
}

#[test]
fn replay_follows_and_tells_when_it_cannot() {
    let program = hanging_workers();
    let ran = run(&program, &mut *StrategyKind::Random.strategy(4), 0);
    let choices = Choices::of(&ran.trace);
    let mut replay = Replay::new(choices.clone());
    let watch = replay.divergence_check();
    let again = run(&program, &mut replay, 1);
    assert_eq!(Choices::of(&again.trace), choices);
    assert_eq!(watch.divergence(), None);

    // Thread 2 does not exist at the beginning.
    let mut replay = Replay::new([0, 2].into_iter().collect());
    let watch = replay.divergence_check();
    run(&program, &mut replay, 1);
    assert_eq!(
        watch.divergence().unwrap().to_string(),
        "at step 1 the schedule says thread 2, which cannot go on; only thread 0 can"
    );

    let mut replay = Replay::new(choices.iter().take(5).collect());
    let watch = replay.divergence_check();
    run(&program, &mut replay, 1);
    assert_eq!(
        watch.divergence().unwrap().to_string(),
        "the program goes on after the schedule's 5 steps"
    );

    let longer: Choices = choices.iter().chain([0, 1]).collect();
    let steps = choices.len();
    let mut replay = Replay::new(longer);
    let watch = replay.divergence_check();
    run(&program, &mut replay, 1);
    assert_eq!(
        watch.divergence().unwrap().to_string(),
        format!(
            "the program ended after {steps} of the schedule's {} steps",
            steps + 2
        )
    );
}

#[test]
fn names_of_strategies_come_back() {
    for kind in KINDS {
        assert_eq!(kind.to_string().parse(), Ok(kind));
    }
    for wrong in ["", "PCT", "pct:", "pct:0", "pct:101", "pct:-1", "pct:x"] {
        let error = wrong.parse::<StrategyKind>().unwrap_err();
        assert!(error.to_string().contains("pct:DEPTH"), "{error}");
    }
}
