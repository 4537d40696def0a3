//! The options of `pyt explore` and `pyt replay`.

use crate::{
    Command::{Explore, Replay},
    Effect, OptionSpec, ValueKind, Word,
};

const fn word(word: &'static str, help: &'static str) -> Word {
    Word { word, help }
}

/// Strategies that a seed can make.
pub(super) const SAMPLING: &[Word] = &[MIX, RANDOM, POS, PCT, PCT_OF_DEPTH, ROUND_ROBIN];

/// All strategies.
const STRATEGIES: &[Word] = &[
    MIX,
    RANDOM,
    POS,
    PCT,
    PCT_OF_DEPTH,
    ROUND_ROBIN,
    word("dfs", "all schedules, depth first"),
    word("dfs:N", "all schedules with at most N preemptions"),
    word(
        "dpor",
        "one of all schedules that differ only in the order of independent steps",
    ),
    word("dpor:N", "the same, of those with at most N preemptions"),
];

const MIX: Word = word("mix", "random, pos and pct by turns");
const RANDOM: Word = word("random", "each thread is as likely as the others");
const POS: Word = word("pos", "partial order sampling");
const PCT: Word = word("pct", "as pct:3");
const PCT_OF_DEPTH: Word = word(
    "pct:DEPTH",
    "priorities that change DEPTH-1 times, with a DEPTH from 1 to 100",
);
const ROUND_ROBIN: Word = word("round-robin", "each thread runs for 1 to 16 steps in turn");

/// Where threads may be switched.
pub(super) const GRANULARITIES: &[Word] = &[
    word("sync", "at operations of locks, queues and the like only"),
    word("line", "also before each line"),
    word(
        "access",
        "also before each access to what threads can share",
    ),
    word("instruction", "also before each instruction"),
];

/// How time passes.
pub(super) const CLOCKS: &[Word] = &[
    word("exact", "when no thread can go on, to the next deadline"),
    word("jitter", "as jitter=0.01"),
    word(
        "jitter=SECONDS",
        "code takes up to this long: deadlines so close may pass before it goes on",
    ),
    word("any", "any deadline may pass at any step"),
];

/// Which ready task goes next.
pub(super) const TASK_ORDERS: &[Word] = &[
    word(
        "fifo",
        "the one that became ready first, as asyncio documents",
    ),
    word("any", "any"),
];

/// Faults.
pub(super) const FAULTS: &[Word] = &[
    word(
        "gc",
        "the garbage collector runs, and with it finalizers and callbacks of weak references",
    ),
    word("cancel", "a task is cancelled where it awaits something"),
    word("interrupt", "Ctrl-C reaches the main thread"),
    word(
        "signal:NAME",
        "the signal NAME (SIGTERM, say) reaches the main thread",
    ),
];

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::RunModule,
        "explore this module instead of a script (pytest, unittest: each test); ends the options",
    )
    .long_help(
        "explore this module instead of a script, with `pytest` and `unittest` each test by itself; \
         ends the options",
    )
    .short('m')
    .takes("MODULE", ValueKind::Module)
    .of(&[Explore]),
    OptionSpec::new(Effect::Strategy, "how schedules are chosen")
        .long("strategy")
        .takes_or("NAME", ValueKind::Pattern(STRATEGIES), "mix")
        .of(&[Explore]),
    OptionSpec::new(
        Effect::Schedules,
        "try at most N schedules [default: 1000; with --time, dfs or dpor: no limit]",
    )
    .long_help(
        "try at most N schedules (1000 by default; with `--time`, `dfs` or `dpor`: no limit)",
    )
    .long("schedules")
    .takes(
        "N",
        ValueKind::Number {
            least: 1,
            most: u64::MAX,
        },
    )
    .of(&[Explore]),
    OptionSpec::new(Effect::TimeLimit, "begin no schedule after this time")
        .long("time")
        .takes("SECONDS", ValueKind::Seconds)
        .of(&[Explore]),
    OptionSpec::new(Effect::Seed, "what all schedules come from")
        .long("seed")
        .takes_or(
            "N",
            ValueKind::Number {
                least: 0,
                most: u64::MAX,
            },
            "0",
        )
        .of(&[Explore]),
    OptionSpec::new(
        Effect::Jobs,
        "run N processes side by side [default: one per core; dfs and dpor: 1]",
    )
    .long_help(
        "run N processes side by side (one per core by default, but one for `dfs` and `dpor`)",
    )
    .long("jobs")
    .takes(
        "N",
        ValueKind::Number {
            least: 1,
            most: 1024,
        },
    )
    .of(&[Explore]),
    OptionSpec::new(Effect::Granularity, "where threads may be switched")
        .long("granularity")
        .takes_or("WHERE", ValueKind::OneOf(GRANULARITIES), "access")
        .of(&[Explore]),
    OptionSpec::new(Effect::Clock, "how time passes")
        .long("clock")
        .takes_or("MODE", ValueKind::Pattern(CLOCKS), "exact")
        .of(&[Explore]),
    OptionSpec::new(
        Effect::TaskOrder,
        "which ready task of an event loop goes next",
    )
    .long("asyncio")
    .takes_or("ORDER", ValueKind::Pattern(TASK_ORDERS), "fifo")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::Inject,
        "faults that schedules have, at any step, with commas between them",
    )
    .long("inject")
    .takes("FAULTS", ValueKind::Pattern(FAULTS))
    .of(&[Explore]),
    OptionSpec::new(
        Effect::IncludePackages,
        "look into this installed package or module of the library, too (* and ? may be used)",
    )
    .long_help(
        "look into this installed package or module of the library, too; `*` and `?` stand for any \
         text and any letter; may be repeated",
    )
    .long("include")
    .takes("PACKAGE", ValueKind::Packages)
    .of(&[Explore]),
    OptionSpec::new(
        Effect::ExcludePackages,
        "do not look into this package or module, although it is the program's own",
    )
    .long_help(
        "do not look into this package or module, although it is the program's own; may be repeated",
    )
    .long("exclude")
    .takes("PACKAGE", ValueKind::Packages)
    .of(&[Explore]),
    OptionSpec::new(
        Effect::MaxSteps,
        "look for a livelock after this many steps, give the run up after ten times as many",
    )
    .long("max-steps")
    .takes_or(
        "N",
        ValueKind::Number {
            least: 1,
            most: u64::MAX,
        },
        "200000",
    )
    .of(&[Explore]),
    OptionSpec::new(
        Effect::Checks,
        "check what dpor proves by N random schedules, in the end; 0: by none",
    )
    .long_help("check what `dpor` proves by N random schedules, in the end; 0: by none")
    .long("checks")
    .takes_or(
        "N",
        ValueKind::Number {
            least: 0,
            most: u64::MAX,
        },
        "200",
    )
    .of(&[Explore]),
    OptionSpec::new(Effect::StopOnFirst, "stop at the first failure")
        .long("stop-on-first")
        .of(&[Explore]),
    OptionSpec::new(
        Effect::SameOutput,
        "a schedule that prints something else than schedule 0 is a failure",
    )
    .long("same-output")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::Strict,
        "a coroutine that is never awaited is a failure",
    )
    .long("strict")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::ProcessPerSchedule,
        "run each schedule in a process of its own",
    )
    .long("isolate")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::Shard,
        "run part I of N of the schedules, as one of N machines: from 0/N to N-1/N",
    )
    .long_help("run part I of N of the schedules, as one of N machines: from `0/N` to `N-1/N`")
    .long("shard")
    .takes_or("I/N", ValueKind::Part, "0/1")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::MergeReports,
        "explore nothing, but add up these reports (of --json) of the parts of an exploration",
    )
    .long_help("explore nothing, but add up these reports (of `--json`) of the parts of an exploration")
    .long("merge")
    .takes("FILE...", ValueKind::File)
    .of(&[Explore]),
    OptionSpec::new(
        Effect::OutputFolder,
        "write the .schedule files into this folder",
    )
    .long_help("write the `.schedule` files into this folder")
    .long("output")
    .takes_or("DIR", ValueKind::Folder, ".")
    .of(&[Explore]),
    OptionSpec::new(
        Effect::Full,
        "show all threads and steps of a schedule, not only those that the failure depends on",
    )
    .long("full")
    .of(&[Explore, Replay]),
    OptionSpec::new(Effect::Json, "print the result as JSON")
        .long("json")
        .of(&[Explore]),
    OptionSpec::new(
        Effect::Page,
        "write a page for a browser, with the failing runs step by step",
    )
    .long("html")
    .takes("FILE", ValueKind::File)
    .of(&[Explore, Replay]),
    OptionSpec::new(
        Effect::JobNumber,
        "run as the process with this number, and report to the parent process",
    )
    .long("job")
    .takes(
        "N",
        ValueKind::Number {
            least: 0,
            most: u64::MAX,
        },
    )
    .of(&[Explore])
    .hidden(),
    OptionSpec::new(
        Effect::FirstSchedule,
        "run the schedules from this number on (for --isolate)",
    )
    .long("first")
    .takes_or(
        "N",
        ValueKind::Number {
            least: 0,
            most: u64::MAX,
        },
        "0",
    )
    .of(&[Explore])
    .hidden(),
    OptionSpec::new(Effect::Pdb, "run under the debugger pdb")
        .long("pdb")
        .of(&[Replay]),
];
