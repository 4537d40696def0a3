//! The name of what an option does.

/// What an option does. The crates that know the types apply it: the binary the options of the
/// command line, `pyt-runtime` those of `-X` and the environment variables. Their tests go through
/// the table and fail if an effect is not applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Effect {
    // ---- of the command line ----
    /// Shows the help of the command.
    Help,
    /// Shows the environment variables.
    HelpVariables,
    /// Shows the `-X` options.
    HelpXOptions,
    /// Shows all three.
    HelpAll,
    /// Shows the version.
    Version,
    /// Runs the value as a program; ends the options.
    RunCommand,
    /// Runs the module that the value names; ends the options.
    RunModule,
    /// Sets an option of the implementation: a row that has an `-X` name, or any other.
    XOption,
    /// Is accepted for CPython's sake, and does nothing.
    Ignored,

    // ---- of the interpreter ----
    /// Warns where bytes and str are mixed up, or raises.
    BytesWarning,
    /// When hash-based `.pyc` files are checked.
    CheckHashPycs,
    /// Whether warning filters depend on the context.
    ContextAwareWarnings,
    /// What `os.cpu_count()` returns.
    CpuCount,
    /// What a deadlock does to a program.
    Deadlock,
    /// Development mode.
    DevMode,
    /// Writes no `.pyc` files.
    DontWriteBytecode,
    /// Python tracebacks on fatal signals.
    FaultHandler,
    /// Checked as CPython checks it; does nothing.
    FrozenModules,
    /// Whether one thread at a time runs Python.
    Gil,
    /// The seed of `hash()`.
    HashSeed,
    /// The file that the prompt keeps its history in.
    History,
    /// Reads no environment variable.
    IgnoreEnvironment,
    /// Checked as CPython checks it; does nothing.
    ImportTime,
    /// A prompt after the program.
    Inspect,
    /// The longest text that `int()` converts.
    IntMaxStrDigits,
    /// The encoding and the error handler of the standard streams.
    IoEncoding,
    /// Reads neither variables nor folders of the user.
    Isolate,
    /// Tracebacks without columns.
    NoDebugRanges,
    /// SIGINT keeps its default action.
    NoInterruptHandler,
    /// Does not import `site`.
    NoSite,
    /// Keeps the user's site folder off `sys.path`.
    NoUserSite,
    /// Leaves out assertions, then docstrings.
    Optimize,
    /// Debugs the parser.
    ParserDebug,
    /// No banner at the prompt.
    Quiet,
    /// Keeps the program's folder off `sys.path`.
    SafePath,
    /// Folders in front of `sys.path`.
    SearchPaths,
    /// Leaves out the first line of the program.
    SkipFirstLine,
    /// A file to run before the first prompt.
    StartupFile,
    /// Whether threads inherit the context variables of the thread that starts them.
    ThreadInheritContext,
    /// Whether hot loops are compiled.
    Tier,
    Timeline,
    /// Checked as CPython checks it; does nothing.
    TraceMalloc,
    /// Does not buffer output.
    Unbuffered,
    /// The folder above the user's site folder.
    UserBase,
    /// UTF-8 mode.
    Utf8Mode,
    /// Traces imports.
    Verbose,
    /// Warns where an encoding is not given.
    WarnDefaultEncoding,
    /// A filter of warnings.
    WarningFilter,

    // ---- of `pyt run`, `pyt explore`, `pyt replay`, `pyt doc` ----
    /// How time passes in a schedule.
    Clock,
    /// Adds up reports of parts of an exploration.
    MergeReports,
    /// What is looked into beside the program's own code.
    IncludePackages,
    /// What of the program's own code is not looked into.
    ExcludePackages,
    /// Explores from this schedule on, as one of several processes.
    FirstSchedule,
    /// Where threads may be switched.
    Granularity,
    /// Which faults schedules have.
    Inject,
    /// Explores as the process with this number.
    JobNumber,
    /// How many processes explore.
    Jobs,
    /// Prints the result as JSON.
    Json,
    /// `--strict`: a coroutine that is never awaited is a failure.
    Strict,
    /// `--full`: show all threads and steps.
    Full,
    /// How many lines of a block's output are shown.
    MaxLines,
    /// How many random schedules check a proof.
    Checks,
    /// After how many steps a run counts as an endless loop.
    MaxSteps,
    /// A namespace for each block.
    NamespacePerBlock,
    /// The folder for `.schedule` files.
    OutputFolder,
    /// Runs under the debugger pdb.
    Live,
    Page,
    Pdb,
    /// A process for each schedule.
    ProcessPerSchedule,
    /// Sleeps and timeouts take as long as they say.
    RealTime,
    /// A schedule with another output is a failure.
    SameOutput,
    /// How many schedules are tried.
    Schedules,
    /// What all random choices come from.
    Seed,
    /// Which part of the schedules is tried.
    Shard,
    /// Stops at the first failure.
    StopOnFirst,
    /// How schedules are chosen.
    Strategy,
    /// Which ready task of an event loop goes next.
    TaskOrder,
    /// For how many seconds schedules are begun.
    TimeLimit,
    /// Shows how long each block took.
    Timings,
    /// Sleeps and timeouts pass at once.
    VirtualTime,
}
