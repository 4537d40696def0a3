//! The options that `pyt run` has beyond those of `python`. `--deadlock` is with `-X deadlock`.

use super::explore::{CLOCKS, FAULTS, GRANULARITIES, SAMPLING, TASK_ORDERS};
use crate::{Command::Run, Effect, OptionSpec, ValueKind};

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::VirtualTime,
        "sleeps and timeouts pass at once, in the same order, on a virtual clock",
    )
    .long("virtual-time")
    .of(&[Run]),
    OptionSpec::new(
        Effect::Live,
        "show what each thread does while the program runs",
    )
    .long_help("show what each thread does while the program runs: [a live table](timeline.md#a-live-table)")
    .long("live")
    .of(&[Run]),
    OptionSpec::new(
        Effect::Seed,
        "run under the one schedule that this seed makes, in virtual time",
    )
    .long_help(
        "the one schedule that the seed makes, in virtual time: the same in each run ([what comes \
         from the seed](explore.md#what-is-the-same-in-every-run-of-a-seed))",
    )
    .long("seed")
    .takes(
        "N",
        ValueKind::Number {
            least: 0,
            most: u64::MAX,
        },
    )
    .of(&[Run]),
    OptionSpec::new(
        Effect::Strategy,
        "with --seed: how the seed decides which thread runs next",
    )
    .long_help("with `--seed`: how the seed decides which thread runs next")
    .long("strategy")
    .takes_or("NAME", ValueKind::Pattern(SAMPLING), "mix")
    .of(&[Run]),
    OptionSpec::new(
        Effect::Granularity,
        "with --seed: where threads may be switched",
    )
    .long_help("with `--seed`: where threads may be switched")
    .long("granularity")
    .takes_or("WHERE", ValueKind::OneOf(GRANULARITIES), "access")
    .of(&[Run]),
    OptionSpec::new(Effect::Clock, "with --seed: how time passes")
        .long_help("with `--seed`: how time passes")
        .long("clock")
        .takes_or("MODE", ValueKind::Pattern(CLOCKS), "exact")
        .of(&[Run]),
    OptionSpec::new(
        Effect::TaskOrder,
        "with --seed: which ready task of an event loop goes next",
    )
    .long_help("with `--seed`: which ready task of an event loop goes next")
    .long("asyncio")
    .takes_or("ORDER", ValueKind::Pattern(TASK_ORDERS), "fifo")
    .of(&[Run]),
    OptionSpec::new(Effect::Inject, "with --seed: faults that the schedule has")
        .long_help("with `--seed`: faults that the schedule has")
        .long("inject")
        .takes("FAULTS", ValueKind::Pattern(FAULTS))
        .of(&[Run]),
    OptionSpec::new(
        Effect::MaxSteps,
        "with --seed: look for a livelock after this many steps, give up after ten times as many",
    )
    .long_help(
        "with `--seed`: look for a livelock after this many steps, give up after ten times as many",
    )
    .long("max-steps")
    .takes_or(
        "N",
        ValueKind::Number {
            least: 0,
            most: u64::MAX,
        },
        "200000",
    )
    .of(&[Run]),
];
