//! The options of `pyt doc`. `-X` is with those of `python`.

use crate::{Command::Doc, Effect, OptionSpec, ValueKind};

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::NamespacePerBlock,
        "run each block in a namespace of its own",
    )
    .long("isolated")
    .of(&[Doc]),
    OptionSpec::new(
        Effect::RealTime,
        "sleeps and timeouts take as long as they say",
    )
    .long("real-time")
    .of(&[Doc]),
    OptionSpec::new(Effect::MaxLines, "show at most N lines of a block's output")
        .long("max-lines")
        .takes_or(
            "N",
            ValueKind::Number {
                least: 0,
                most: u64::MAX,
            },
            "40",
        )
        .of(&[Doc]),
    OptionSpec::new(
        Effect::Timings,
        "show how long each block took, in real time",
    )
    .long("timings")
    .of(&[Doc]),
];
