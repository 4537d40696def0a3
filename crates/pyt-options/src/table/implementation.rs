//! The options of the implementation (`-X`), with their variables.
//!
//! `pyt-runtime` applies them in this order, which decides the one that is reported if several have
//! a value that is refused.

use crate::{Command::Run, Effect, OptionSpec, ValueKind, Word};

/// What a deadlock does to a program.
const DEADLOCKS: &[Word] = &[
    Word {
        word: "report",
        help: "report it on standard error; the program is left as it is",
    },
    Word {
        word: "abort",
        help: "report it, write what sys.stdout and sys.stderr buffer, and end the process with \
               exit status 3: no `finally`, no `atexit`",
    },
    Word {
        word: "ignore",
        help: "do not look for deadlocks",
    },
];

pub(super) const ROWS: &[OptionSpec] = &[
    OptionSpec::new(
        Effect::Gil,
        "1: one thread at a time (the default); 0: all threads at once",
    )
    .x("gil", "=0|1")
    .variable("PYTHON_GIL", ""),
    OptionSpec::new(
        Effect::Deadlock,
        "what to do when threads wait for each other without end",
    )
    .long("deadlock")
    .takes_or("MODE", ValueKind::OneOf(DEADLOCKS), "report")
    .of(&[Run])
    .x("deadlock", "=report|abort|ignore"),
    OptionSpec::new(
        Effect::Tier,
        "1: compile hot loops of functions (experimental); 0: do not (the default)",
    )
    .long_help(
        "1: compile hot loops of functions (experimental); 0: do not (the default); info: compile, \
         and list what was compiled on standard error at the end; dump: the same with the \
         operations; eager: compile each loop when it first goes back, for tests",
    )
    .x("tier", "=0|1|info|dump|eager")
    .variable("PYT_TIER", ""),
    OptionSpec::new(
        Effect::Timeline,
        "record what the threads do, as a page (FILE.html) or for ui.perfetto.dev (FILE.json)",
    )
    .long_help(
        "record what the threads do, as a page (`FILE.html`) or for ui.perfetto.dev (`FILE.json`): \
         [a timeline](timeline.md)",
    )
    .long("timeline")
    .takes("FILE", ValueKind::File)
    .of(&[Run])
    .x("timeline", "=FILE")
    .variable("PYT_TIMELINE", "FILE"),
    OptionSpec::new(Effect::Utf8Mode, "UTF-8 mode")
        .long_help("UTF-8 mode; the locale decides without it")
        .x("utf8", "[=0|1]")
        .variable("PYTHONUTF8", ""),
    OptionSpec::new(Effect::CpuCount, "what os.cpu_count() returns")
        .long_help("what `os.cpu_count()` returns")
        .x("cpu_count", "=N|default")
        .variable("PYTHON_CPU_COUNT", ""),
    OptionSpec::new(
        Effect::IntMaxStrDigits,
        "the longest text that int() converts; 0: any",
    )
    .long_help(
        "the longest text that `int()` converts, and the longest that an int becomes: 640 digits \
         or more, 4300 by default; 0: any",
    )
    .x("int_max_str_digits", "=N")
    .variable("PYTHONINTMAXSTRDIGITS", ""),
    OptionSpec::new(
        Effect::ThreadInheritContext,
        "1: threads start with the context variables of the thread that starts them",
    )
    .x("thread_inherit_context", "=0|1")
    .variable("PYTHON_THREAD_INHERIT_CONTEXT", ""),
    OptionSpec::new(
        Effect::ContextAwareWarnings,
        "1: warnings.catch_warnings() changes the filters of its context only",
    )
    .long_help("1: `warnings.catch_warnings()` changes the filters of its context only")
    .x("context_aware_warnings", "=0|1")
    .variable("PYTHON_CONTEXT_AWARE_WARNINGS", ""),
    OptionSpec::new(Effect::FrozenModules, "accepted, without effect")
        .x("frozen_modules", "=on|off"),
    OptionSpec::new(Effect::ImportTime, "accepted, without effect").x("importtime", "[=1|2]"),
    OptionSpec::new(Effect::TraceMalloc, "accepted, without effect").x("tracemalloc", "[=N]"),
    OptionSpec::new(
        Effect::DevMode,
        "development mode: more warnings, and faulthandler",
    )
    .x("dev", "")
    .variable("PYTHONDEVMODE", "1"),
    OptionSpec::new(
        Effect::FaultHandler,
        "show Python tracebacks on fatal signals",
    )
    .x("faulthandler", "")
    .variable("PYTHONFAULTHANDLER", "1"),
    OptionSpec::new(
        Effect::WarnDefaultEncoding,
        "warn where a file is opened without an encoding",
    )
    .x("warn_default_encoding", "")
    .variable("PYTHONWARNDEFAULTENCODING", "1"),
    OptionSpec::new(Effect::NoDebugRanges, "no columns in tracebacks")
        .x("no_debug_ranges", "")
        .variable("PYTHONNODEBUGRANGES", "1"),
    OptionSpec::new(
        Effect::NoInterruptHandler,
        "Ctrl-C ends the process without KeyboardInterrupt",
    )
    .long_help("Ctrl-C ends the process without `KeyboardInterrupt`")
    .x("no_sig_int", ""),
];
