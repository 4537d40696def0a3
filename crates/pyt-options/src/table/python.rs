//! The options of `python`, which `pyt run` takes too: CPython's, with CPython's meaning.

use crate::{
    Command::{self, Completions, Doc, Explore, Help, Python, Replay, Run},
    Effect, OptionSpec, ValueKind, Word,
};

const PYTHON: &[Command] = &[Python, Run];

/// When hash-based `.pyc` files are checked.
const CHECKS: &[Word] = &[
    Word {
        word: "default",
        help: "as each file asks for",
    },
    Word {
        word: "always",
        help: "against their source",
    },
    Word {
        word: "never",
        help: "no check",
    },
];

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::BytesWarning,
        "warn where bytes and str are mixed up; -bb: raise",
    )
    .short('b')
    .of(PYTHON),
    OptionSpec::new(Effect::DontWriteBytecode, "write no .pyc files")
        .short('B')
        .variable("PYTHONDONTWRITEBYTECODE", "1")
        .of(PYTHON),
    OptionSpec::new(Effect::RunCommand, "run this text; ends the options")
        .short('c')
        .takes("CODE", ValueKind::Text)
        .of(PYTHON),
    OptionSpec::new(
        Effect::ParserDebug,
        "debug the parser (accepted, without effect)",
    )
    .short('d')
    .variable("PYTHONDEBUG", "1")
    .of(PYTHON),
    OptionSpec::new(Effect::IgnoreEnvironment, "ignore all PYTHON* variables")
        .short('E')
        .of(PYTHON),
    OptionSpec::new(Effect::Help, "show this text")
        .long_help("show the help of the command")
        .short('h')
        .long("help")
        .of(&[Python, Run, Explore, Replay, Doc, Completions, Help]),
    OptionSpec::new(Effect::Help, "as -h")
        .short('?')
        .of(PYTHON)
        .hidden(),
    OptionSpec::new(Effect::Inspect, "prompt after the program has ended")
        .short('i')
        .variable("PYTHONINSPECT", "1")
        .of(PYTHON),
    OptionSpec::new(Effect::Isolate, "isolate from the user: -E, -P and -s")
        .short('I')
        .of(PYTHON),
    OptionSpec::new(Effect::RunModule, "run this module; ends the options")
        .short('m')
        .takes("MODULE", ValueKind::Module)
        .of(PYTHON),
    OptionSpec::new(
        Effect::Optimize,
        "leave out assert statements; -OO: docstrings too",
    )
    .short('O')
    .variable("PYTHONOPTIMIZE", "1|2")
    .of(PYTHON),
    OptionSpec::new(Effect::SafePath, "keep the program's folder off sys.path")
        .short('P')
        .variable("PYTHONSAFEPATH", "1")
        .of(PYTHON),
    OptionSpec::new(Effect::Quiet, "no banner at the prompt")
        .short('q')
        .of(PYTHON),
    OptionSpec::new(
        Effect::Ignored,
        "random hashes, which are the default (accepted, without effect)",
    )
    .short('R')
    .of(PYTHON)
    .hidden(),
    OptionSpec::new(
        Effect::NoUserSite,
        "keep the user's site folder off sys.path",
    )
    .short('s')
    .variable("PYTHONNOUSERSITE", "1")
    .of(PYTHON),
    OptionSpec::new(Effect::NoSite, "do not import site")
        .short('S')
        .of(PYTHON),
    OptionSpec::new(
        Effect::Ignored,
        "an option of Python 2 (accepted, without effect)",
    )
    .short('t')
    .of(PYTHON)
    .hidden(),
    OptionSpec::new(Effect::Unbuffered, "do not buffer output")
        .short('u')
        .variable("PYTHONUNBUFFERED", "1")
        .of(PYTHON),
    OptionSpec::new(Effect::Verbose, "trace imports; -vv: in more detail")
        .short('v')
        .variable("PYTHONVERBOSE", "1")
        .of(PYTHON),
    OptionSpec::new(Effect::Version, "show the version; -VV: in more detail")
        .short('V')
        .long("version")
        .of(PYTHON),
    OptionSpec::new(
        Effect::WarningFilter,
        "action:message:category:module:lineno",
    )
    .long_help("add a filter of warnings: `action:message:category:module:lineno`")
    .short('W')
    .takes("FILTER", ValueKind::Text)
    .variable("PYTHONWARNINGS", "FILTER,...")
    .of(PYTHON),
    OptionSpec::new(Effect::SkipFirstLine, "skip the first line of the program")
        .short('x')
        .of(PYTHON),
    OptionSpec::new(
        Effect::XOption,
        "set an option of the implementation (pyt --help-xoptions)",
    )
    .long_help("set an option of the implementation: [see below](#options-of-the-implementation)")
    .short('X')
    .takes("NAME[=VALUE]", ValueKind::XOption)
    .of(&[Python, Run, Doc]),
    OptionSpec::new(
        Effect::CheckHashPycs,
        "when hash-based .pyc files are checked",
    )
    .long("check-hash-based-pycs")
    .takes_or("WHEN", ValueKind::OneOf(CHECKS), "default")
    .of(PYTHON),
    OptionSpec::new(Effect::HelpVariables, "show the environment variables")
        .long("help-env")
        .of(PYTHON),
    OptionSpec::new(Effect::HelpXOptions, "show the options of -X")
        .long("help-xoptions")
        .of(PYTHON),
    OptionSpec::new(Effect::HelpAll, "show all of these")
        .long("help-all")
        .of(PYTHON),
];
