//! What the arguments of `python` and `pyt run` ask for, as settings of the runtime.
//!
//! `pyt_options::arguments` reads them; here each option is applied. What a setting does is the
//! library's business.

use std::ffi::{OsStr, OsString};

pub(crate) use pyt_options::arguments::{Action, UsageError};
use pyt_options::{Command, Effect, OptionSpec, arguments};
use pyt_runtime::{
    CheckHashPycs, Options,
    explore::{ClockMode, Granularity, Injections, Open, SeededRun, StrategyKind, TaskOrder},
};

use crate::given;

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) options: Options,
    pub(crate) action: Action,
    /// `--seed`: the schedule to run under.
    pub(crate) seeded: Option<SeededRun>,
}

/// Reads the arguments after the name of the program or subcommand.
///
/// # Errors
/// The first argument that is wrong.
pub(crate) fn parse(
    command: Command,
    arguments: impl IntoIterator<Item = OsString>,
) -> Result<Invocation, UsageError> {
    let mut settings = Settings::new();
    let apply = |option: &'static OptionSpec, value: &OsStr| settings.apply(option, value);
    let parsed = arguments::parse(command, arguments, apply)?;
    let seeded = settings.schedule.seeded()?;
    let mut options = settings.options;
    options.argv = parsed.argv;
    Ok(Invocation {
        options,
        action: parsed.action,
        seeded,
    })
}

/// The settings so far.
struct Settings {
    options: Options,
    schedule: Schedule,
}

/// What the options say about the schedule to run under.
#[derive(Default)]
struct Schedule {
    seed: Option<u64>,
    strategy: Option<StrategyKind>,
    granularity: Option<Granularity>,
    clock: Option<ClockMode>,
    tasks: Option<TaskOrder>,
    inject: Option<Injections>,
    max_steps: Option<u64>,
}

impl Schedule {
    fn seeded(self) -> Result<Option<SeededRun>, UsageError> {
        let Self {
            seed,
            strategy,
            granularity,
            clock,
            tasks,
            inject,
            max_steps,
        } = self;
        let open = (clock, tasks, inject);
        let Some(seed) = seed else {
            return match (strategy, granularity, max_steps, open) {
                (None, None, None, (None, None, None)) => Ok(None),
                _ => Err(UsageError(
                    "--strategy, --granularity, --clock, --asyncio, --inject and --max-steps need \
                     --seed N: they say how the seed makes the schedule"
                        .to_owned(),
                )),
            };
        };
        let usual = SeededRun::new(seed);
        Ok(Some(SeededRun {
            strategy: strategy.unwrap_or(usual.strategy),
            granularity: granularity.unwrap_or(usual.granularity),
            open: Open {
                clock: clock.unwrap_or_default(),
                tasks: tasks.unwrap_or_default(),
                inject: inject.unwrap_or_default(),
            },
            max_steps: max_steps.unwrap_or(usual.max_steps),
            ..usual
        }))
    }
}

impl Settings {
    fn new() -> Self {
        Self {
            options: Options::python(),
            schedule: Schedule::default(),
        }
    }

    /// Applies an option of `python` or `pyt run`.
    fn apply(&mut self, option: &'static OptionSpec, value: &OsStr) -> Result<(), UsageError> {
        let options = &mut self.options;
        let more = |count: &mut u8| *count = count.saturating_add(1);
        match option.effect {
            Effect::BytesWarning => more(&mut options.bytes_warning),
            Effect::CheckHashPycs => {
                options.check_hash_pycs = match option.word(value)? {
                    "always" => CheckHashPycs::Always,
                    "never" => CheckHashPycs::Never,
                    _ => CheckHashPycs::Default,
                }
            }
            Effect::Deadlock => options.deadlocks = parsed(option.word(value)?)?,
            Effect::DontWriteBytecode => options.dont_write_bytecode = true,
            Effect::IgnoreEnvironment => options.ignore_environment = true,
            Effect::Ignored => {}
            Effect::Inspect => {
                options.inspect = true;
                options.interactive = true;
            }
            Effect::Isolate => options.isolate(),
            Effect::NoSite => options.no_site = true,
            Effect::NoUserSite => options.no_user_site = true,
            Effect::Optimize => more(&mut options.optimize),
            Effect::ParserDebug => more(&mut options.parser_debug),
            Effect::Quiet => options.quiet = true,
            Effect::SafePath => options.safe_path = true,
            Effect::SkipFirstLine => options.skip_source_first_line = true,
            Effect::Live => options.live = true,
            Effect::Timeline => options.timeline = Some(value.into()),
            Effect::Unbuffered => options.unbuffered = true,
            Effect::Verbose => more(&mut options.verbose),
            Effect::VirtualTime => options.virtual_time = true,
            Effect::WarningFilter => options.warnings.push(value.to_string_lossy().into_owned()),
            Effect::XOption => options
                .xoptions
                .push(given::x_option(&value.to_string_lossy())),
            Effect::Seed => self.schedule.seed = Some(option.number(value)?),
            Effect::MaxSteps => self.schedule.max_steps = Some(option.number(value)?),
            Effect::Granularity => {
                self.schedule.granularity = Some(parsed(option.word(value)?)?);
            }
            Effect::Clock => self.schedule.clock = Some(parsed(&value.to_string_lossy())?),
            Effect::TaskOrder => self.schedule.tasks = Some(parsed(&value.to_string_lossy())?),
            Effect::Inject => self.schedule.inject = Some(parsed(&value.to_string_lossy())?),
            Effect::Strategy => {
                self.schedule.strategy = Some(parsed(&value.to_string_lossy())?);
            }
            // A test goes through the table.
            _ => return Err(UsageError(format!("{} is not implemented", option.name()))),
        }
        Ok(())
    }
}

fn parsed<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, UsageError> {
    text.parse()
        .map_err(|error: T::Err| UsageError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use pyt_options::{ValueKind, help::Topic};
    use pyt_runtime::Deadlocks;

    use super::*;

    fn read(args: &[&str]) -> Result<Invocation, UsageError> {
        parse(Command::Python, args.iter().map(OsString::from))
    }

    fn good(args: &[&str]) -> Invocation {
        read(args).unwrap_or_else(|error| panic!("{args:?}: {error:?}"))
    }

    fn bad(args: &[&str]) -> String {
        read(args).map(|found| format!("{found:?}")).unwrap_err().0
    }

    #[test]
    fn no_arguments_read_standard_input() {
        let found = good(&[]);
        assert_eq!(found.action, Action::Stdin);
        assert_eq!(found.options.argv, [""]);
        assert_eq!(good(&["-", "a"]).options.argv, ["-", "a"]);
    }

    #[test]
    fn a_file_ends_the_options() {
        let found = good(&["-B", "x.py", "-B", "--help", "-"]);
        assert_eq!(found.action, Action::File("x.py".into()));
        assert_eq!(found.options.argv, ["x.py", "-B", "--help", "-"]);
        assert_eq!(
            good(&["--", "-x.py", "a"]).action,
            Action::File("-x.py".into())
        );
    }

    #[test]
    fn flags_join_up_to_one_with_a_value() {
        let found = good(&["-IBOOqc", "print(1)", "-v"]);
        let options = &found.options;
        assert!(options.isolated && options.safe_path && options.no_user_site);
        assert!(options.dont_write_bytecode && options.quiet && options.optimize == 2);
        assert_eq!(found.action, Action::Command("print(1)".into()));
        assert_eq!(options.argv, ["-c", "-v"]);
        assert_eq!(options.verbose, 0);
        assert_eq!(
            good(&["-Bcprint(1)"]).action,
            Action::Command("print(1)".into())
        );
        assert_eq!(
            good(&["-mjson.tool", "f"]).action,
            Action::Module("json.tool".into())
        );
    }

    #[test]
    fn values_are_joined_or_follow() {
        let found = good(&[
            "-Wignore", "-W", "error", "-Xgil=0", "-X", "dev", "-X", "a=b=c",
        ]);
        assert_eq!(found.options.warnings, ["ignore", "error"]);
        let expected = [
            ("gil".to_owned(), Some("0".to_owned())),
            ("dev".to_owned(), None),
            ("a".to_owned(), Some("b=c".to_owned())),
        ];
        assert_eq!(found.options.xoptions, expected);
    }

    #[test]
    fn help_and_version_wait_for_the_rest() {
        assert_eq!(good(&["-VV"]).action, Action::Version { times: 2 });
        assert_eq!(
            good(&["--version", "-V"]).action,
            Action::Version { times: 2 }
        );
        assert_eq!(
            good(&["-V", "-h"]).action,
            Action::Help(Topic::Command(Command::Python))
        );
        assert_eq!(
            good(&["-?"]).action,
            Action::Help(Topic::Command(Command::Python))
        );
        assert_eq!(good(&["--help-env"]).action, Action::Help(Topic::Variables));
        assert_eq!(bad(&["-V", "-Z"]), "Unknown option: -Z");
        assert_eq!(
            good(&["-c", "pass", "-h"]).action,
            Action::Command("pass".into())
        );
    }

    #[test]
    fn refusals_are_worded_as_in_cpython() {
        assert_eq!(bad(&["-Z"]), "Unknown option: -Z");
        assert_eq!(bad(&["-Bé"]), "Unknown option: -é");
        assert_eq!(bad(&["--foo"]), "Unknown option: --foo");
        assert_eq!(bad(&["--help=3"]), "Unknown option: --help=3");
        assert_eq!(
            bad(&["--virtual-time", "x.py"]),
            "Unknown option: --virtual-time (it is one of `pyt run`)"
        );
        for flag in ["c", "m", "W", "X"] {
            let expected = format!("Argument expected for the -{flag} option");
            assert_eq!(bad(&[&format!("-{flag}")]), expected);
            assert_eq!(bad(&[&format!("-B{flag}")]), expected);
        }
        let expected = "Argument expected for the --check-hash-based-pycs options";
        assert_eq!(bad(&["--check-hash-based-pycs"]), expected);
        let expected = "--check-hash-based-pycs must be one of 'default', 'always', or 'never'";
        assert_eq!(bad(&["--check-hash-based-pycs", "x"]), expected);
    }

    #[test]
    fn interactive_implies_inspect_but_python_flags_do_not() {
        let found = good(&["-i", "x.py"]);
        assert!(found.options.inspect && found.options.interactive);
        assert!(!good(&["x.py"]).options.inspect);
    }

    #[test]
    fn run_knows_virtual_time() {
        let args = ["-B", "--virtual-time", "-X", "gil=1", "x.py"].map(OsString::from);
        let found = parse(Command::Run, args).unwrap();
        assert!(found.options.virtual_time);
        assert_eq!(found.action, Action::File("x.py".into()));
    }

    #[test]
    fn run_knows_what_to_do_about_deadlocks() {
        let run = |args: &[&str]| parse(Command::Run, args.iter().map(OsString::from));
        for args in [
            ["--deadlock=abort", "x.py"].as_slice(),
            &["--deadlock", "abort", "x.py"],
        ] {
            let found = run(args).unwrap();
            assert_eq!(found.options.deadlocks, Deadlocks::Abort);
            assert_eq!(found.action, Action::File("x.py".into()));
        }
        for args in [
            ["--deadlock=never"].as_slice(),
            &["--deadlock="],
            &["--deadlock"],
        ] {
            let expected = "Argument for the --deadlock option: expected report, abort or ignore";
            assert_eq!(run(args).unwrap_err().0, expected);
        }
        let expected = "Unknown option: --deadlock=abort (it is one of `pyt run`)";
        assert_eq!(bad(&["--deadlock=abort", "x.py"]), expected);
    }

    /// Every option of the table has an effect here.
    #[test]
    fn every_option_is_applied() {
        for option in OptionSpec::of_command(Command::Run) {
            if matches!(
                option.effect,
                // These decide on the action instead.
                Effect::Help
                    | Effect::HelpVariables
                    | Effect::HelpXOptions
                    | Effect::HelpAll
                    | Effect::Version
                    | Effect::RunCommand
                    | Effect::RunModule
            ) {
                continue;
            }
            let value = match option.value.map(|value| value.kind) {
                Some(ValueKind::OneOf(words) | ValueKind::Pattern(words)) => words[0].word,
                _ => "1",
            };
            let applied = Settings::new().apply(option, OsStr::new(value));
            assert_eq!(applied, Ok(()), "{}", option.name());
        }
    }

    /// The defaults that help shows are those of the runtime.
    #[test]
    fn the_defaults_of_the_table_are_those_of_the_runtime() {
        let usual = SeededRun::new(0);
        for command in [Command::Run, Command::Explore] {
            for (effect, expected) in [
                (Effect::Strategy, usual.strategy.to_string()),
                (Effect::Granularity, usual.granularity.to_string()),
                (Effect::MaxSteps, usual.max_steps.to_string()),
            ] {
                let option = OptionSpec::find(Some(command), effect).expect("a row");
                let default = option.value.and_then(|value| value.default);
                assert_eq!(default, Some(expected.as_str()));
            }
        }
        let deadlock = OptionSpec::find(Some(Command::Run), Effect::Deadlock).expect("a row");
        let default = deadlock.value.and_then(|value| value.default);
        let usual = Options::python().deadlocks;
        assert_eq!(default.map(str::parse), Some(Ok(usual)));
    }

    #[test]
    fn what_makes_a_schedule_needs_a_seed() {
        let run = |args: &[&str]| parse(Command::Run, args.iter().map(OsString::from));
        for option in ["--strategy=pos", "--granularity=line", "--max-steps=9"] {
            let error = run(&[option, "x.py"]).unwrap_err().0;
            assert!(error.contains("need --seed"), "{error}");
        }
        let found = run(&["--seed", "3", "--granularity=line", "x.py"]).unwrap();
        let seeded = found.seeded.expect("a seed");
        assert_eq!((seeded.seed, seeded.granularity), (3, Granularity::Line));
    }
}
