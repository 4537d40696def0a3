//! The arguments of the `python` command, read as CPython reads them.
//!
//! Short flags may be joined (`-Bc CODE`, `-Wignore`); the first argument that is no option, `-c`
//! or `-m` ends the options. Reads nothing but its input, and decides nothing: what the flags
//! mean is the library's business.

use std::ffi::{OsStr, OsString};

use pyt_runtime::{
    CheckHashPycs, Deadlocks, Options,
    explore::{Granularity, Kind, Seeded},
};

/// What the arguments ask for.
#[derive(Debug)]
pub(crate) struct Invocation {
    pub(crate) options: Options,
    pub(crate) action: Action,
    /// `--seed`: the schedule to run under.
    pub(crate) seeded: Option<Seeded>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Action {
    Command(OsString),
    Module(OsString),
    File(OsString),
    /// Standard input: a prompt if it is a terminal or `-i` was given, else a program.
    Stdin,
    Version {
        times: u8,
    },
    Help(Help),
}

/// Which help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Help {
    Usage,
    Environment,
    XOptions,
    All,
}

/// Arguments that CPython refuses, in its words. The usage line follows them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct UsageError(pub(crate) String);

/// What `pyt run` allows beyond CPython's options.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Extensions {
    /// `--virtual-time`, `--deadlock`, `--seed`, `--strategy`, `--max-steps`.
    pub(crate) scheduling: bool,
}

/// Reads the arguments after the program's name.
pub(crate) fn parse(
    args: impl IntoIterator<Item = OsString>,
    extensions: Extensions,
) -> Result<Invocation, UsageError> {
    let mut parser = Parser {
        args: args.into_iter(),
        extensions,
        options: Options::python(),
        version: 0,
        help: None,
        seed: None,
        strategy: None,
        max_steps: None,
        granularity: None,
    };
    let action = parser.action()?;
    let Parser {
        mut options,
        version,
        help,
        args,
        seed,
        strategy,
        max_steps,
        granularity,
        ..
    } = parser;
    let first: OsString = match &action {
        Some(Action::Command(_)) => "-c".into(),
        Some(Action::Module(_)) => "-m".into(),
        Some(Action::File(path)) => path.clone(),
        Some(_) => "-".into(),
        None => "".into(),
    };
    options.argv = std::iter::once(first).chain(args).collect();
    let action = match help {
        Some(help) => Action::Help(help),
        None if version > 0 => Action::Version { times: version },
        None => action.unwrap_or(Action::Stdin),
    };
    let seeded = seed.map(|seed| {
        let usual = Seeded::new(seed);
        Seeded {
            strategy: strategy.unwrap_or(usual.strategy),
            max_steps: max_steps.unwrap_or(usual.max_steps),
            granularity: granularity.unwrap_or(usual.granularity),
            ..usual
        }
    });
    if seeded.is_none() && (strategy.is_some() || max_steps.is_some() || granularity.is_some()) {
        return Err(UsageError(
            "--strategy, --granularity and --max-steps say how a schedule is made: give its --seed too".to_owned(),
        ));
    }
    Ok(Invocation {
        options,
        action,
        seeded,
    })
}

struct Parser<I> {
    args: I,
    extensions: Extensions,
    options: Options,
    version: u8,
    help: Option<Help>,
    seed: Option<u64>,
    strategy: Option<Kind>,
    max_steps: Option<u64>,
    granularity: Option<Granularity>,
}

impl<I: Iterator<Item = OsString>> Parser<I> {
    /// Reads up to what ends the options; `None` if nothing does.
    fn action(&mut self) -> Result<Option<Action>, UsageError> {
        while let Some(arg) = self.args.next() {
            if arg == "-" {
                return Ok(Some(Action::Stdin));
            }
            if arg == "--" {
                return Ok(match self.args.next() {
                    Some(file) if file == "-" => Some(Action::Stdin),
                    other => other.map(Action::File),
                });
            }
            let bytes = arg.as_encoded_bytes();
            if !bytes.starts_with(b"-") {
                return Ok(Some(Action::File(arg)));
            }
            if bytes.starts_with(b"--") {
                self.long(&arg)?;
            } else if let Some(action) = self.short(&arg)? {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    fn long(&mut self, arg: &OsStr) -> Result<(), UsageError> {
        match arg.to_str() {
            Some("--help") => self.help = self.help.or(Some(Help::Usage)),
            Some("--help-env") => self.help = Some(Help::Environment),
            Some("--help-xoptions") => self.help = Some(Help::XOptions),
            Some("--help-all") => self.help = Some(Help::All),
            Some("--version") => self.version = self.version.saturating_add(1),
            Some("--check-hash-based-pycs") => {
                let Some(mode) = self.args.next() else {
                    return Err(UsageError(
                        "Argument expected for the --check-hash-based-pycs options".to_owned(),
                    ));
                };
                self.options.check_hash_pycs = match mode.to_str() {
                    Some("default") => CheckHashPycs::Default,
                    Some("always") => CheckHashPycs::Always,
                    Some("never") => CheckHashPycs::Never,
                    _ => {
                        return Err(UsageError(
                            "--check-hash-based-pycs must be one of 'default', 'always', or 'never'"
                                .to_owned(),
                        ));
                    }
                };
            }
            Some("--virtual-time") if self.extensions.scheduling => {
                self.options.virtual_time = true;
            }
            Some("--deadlock") if self.extensions.scheduling => {
                let value = self.args.next();
                let value = value.as_deref().and_then(OsStr::to_str);
                self.options.deadlocks = deadlocks(value.unwrap_or_default())?;
            }
            Some(arg) if self.extensions.scheduling && arg.starts_with("--deadlock=") => {
                self.options.deadlocks = deadlocks(&arg["--deadlock=".len()..])?;
            }
            Some(option) if self.extensions.scheduling && self.scheduling(option)? => {}
            _ => return Err(UsageError(format!("Unknown option: {}", arg.display()))),
        }
        Ok(())
    }

    /// Reads an option with a value that says how to schedule; false if it is none.
    fn scheduling(&mut self, option: &str) -> Result<bool, UsageError> {
        let (name, joined) = match option.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (option, None),
        };
        if !["--seed", "--strategy", "--granularity", "--max-steps"].contains(&name) {
            return Ok(false);
        }
        let given = joined.or_else(|| {
            let next = self.args.next()?;
            Some(next.to_string_lossy().into_owned())
        });
        let Some(value) = given else {
            return Err(UsageError(format!(
                "Argument expected for the {name} option"
            )));
        };
        let number = || {
            value.parse::<u64>().map_err(|_| {
                let most = u64::MAX;
                UsageError(format!(
                    "{name} takes a number from 0 to {most}, not {value:?}"
                ))
            })
        };
        match name {
            "--seed" => self.seed = Some(number()?),
            "--max-steps" => self.max_steps = Some(number()?),
            "--granularity" => {
                let known = value.parse::<Granularity>();
                self.granularity = Some(known.map_err(|error| UsageError(error.to_string()))?);
            }
            _ => {
                let known = value.parse::<Kind>();
                self.strategy = Some(known.map_err(|error| UsageError(error.to_string()))?);
            }
        }
        Ok(true)
    }

    /// Reads a group of joined short flags. Returns what ends the options, if one does.
    fn short(&mut self, arg: &OsStr) -> Result<Option<Action>, UsageError> {
        let bytes = arg.as_encoded_bytes();
        for (at, flag) in bytes.iter().enumerate().skip(1) {
            let options = &mut self.options;
            match flag {
                b'b' => options.bytes_warning = options.bytes_warning.saturating_add(1),
                b'B' => options.dont_write_bytecode = true,
                b'd' => options.parser_debug = options.parser_debug.saturating_add(1),
                b'E' => options.ignore_environment = true,
                b'h' | b'?' => self.help = self.help.or(Some(Help::Usage)),
                b'i' => {
                    options.inspect = true;
                    options.interactive = true;
                }
                b'I' => options.isolate(),
                b'O' => options.optimize = options.optimize.saturating_add(1),
                b'P' => options.safe_path = true,
                b'q' => options.quiet = true,
                // Hashes are random unless the environment says otherwise; -t means nothing now.
                b'R' | b't' => {}
                b's' => options.no_user_site = true,
                b'S' => options.no_site = true,
                b'u' => options.unbuffered = true,
                b'v' => options.verbose = options.verbose.saturating_add(1),
                b'V' => self.version = self.version.saturating_add(1),
                b'x' => options.skip_source_first_line = true,
                b'c' | b'm' | b'W' | b'X' => {
                    let value = self.value(arg, at)?;
                    match flag {
                        b'c' => return Ok(Some(Action::Command(value))),
                        b'm' => return Ok(Some(Action::Module(value))),
                        b'W' => self
                            .options
                            .warnings
                            .push(value.to_string_lossy().into_owned()),
                        _ => {
                            let text = value.to_string_lossy();
                            let (name, value) = match text.split_once('=') {
                                Some((name, value)) => (name, Some(value.to_owned())),
                                None => (&*text, None),
                            };
                            self.options.xoptions.push((name.to_owned(), value));
                        }
                    }
                    return Ok(None);
                }
                _ => {
                    let rest = String::from_utf8_lossy(&bytes[at..]);
                    let flag = rest.chars().next().unwrap_or_default();
                    return Err(UsageError(format!("Unknown option: -{flag}")));
                }
            }
        }
        Ok(None)
    }

    /// The value of the flag at byte `at`: the rest of its argument, or the next one.
    fn value(&mut self, arg: &OsStr, at: usize) -> Result<OsString, UsageError> {
        let bytes = arg.as_encoded_bytes();
        let flag = char::from(bytes[at]);
        if at + 1 < bytes.len() {
            // SAFETY: the bytes come from an `OsStr` and are split right after an ASCII byte.
            let rest = unsafe { OsStr::from_encoded_bytes_unchecked(&bytes[at + 1..]) };
            return Ok(rest.to_owned());
        }
        let missing = || UsageError(format!("Argument expected for the -{flag} option"));
        self.args.next().ok_or_else(missing)
    }
}

fn deadlocks(word: &str) -> Result<Deadlocks, UsageError> {
    word.parse()
        .map_err(|error| UsageError(format!("Argument for the --deadlock option: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUN: Extensions = Extensions { scheduling: true };

    fn parsed(args: &[&str]) -> Result<Invocation, UsageError> {
        parse(args.iter().map(OsString::from), Extensions::default())
    }

    fn good(args: &[&str]) -> Invocation {
        parsed(args).unwrap_or_else(|error| panic!("{args:?}: {error:?}"))
    }

    fn bad(args: &[&str]) -> String {
        parsed(args)
            .map(|found| format!("{found:?}"))
            .unwrap_err()
            .0
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
        assert_eq!(good(&["-V", "-h"]).action, Action::Help(Help::Usage));
        assert_eq!(good(&["-?"]).action, Action::Help(Help::Usage));
        assert_eq!(
            good(&["--help-env"]).action,
            Action::Help(Help::Environment)
        );
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
            "Unknown option: --virtual-time"
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
        let found = parse(args, RUN).unwrap();
        assert!(found.options.virtual_time);
        assert_eq!(found.action, Action::File("x.py".into()));
    }

    #[test]
    fn run_knows_what_to_do_about_deadlocks() {
        let run = |args: &[&str]| parse(args.iter().map(OsString::from), RUN);
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
        let expected = "Unknown option: --deadlock=abort";
        assert_eq!(bad(&["--deadlock=abort", "x.py"]), expected);
    }
}
