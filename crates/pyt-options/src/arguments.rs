//! The arguments of `python` and `pyt run`, read as CPython reads its own.
//!
//! Short options may be joined (`-Bc CODE`, `-Wignore`). The first argument that is no option, `-c`
//! or `-m` ends the options; the rest is the program's. Reads nothing but its input, and applies
//! nothing: each option goes to a function of the caller, in the order given.

use std::ffi::{OsStr, OsString};

use crate::{Command, Effect, OptionSpec, ValueKind, help, pages, words};

/// What the arguments ask for, besides the options that were applied.
#[derive(Debug, PartialEq, Eq)]
pub struct Parsed {
    /// What to do.
    pub action: Action,
    /// `sys.argv`.
    pub argv: Vec<OsString>,
}

/// What to do.
#[derive(Debug, PartialEq, Eq)]
pub enum Action {
    /// Run the text after `-c`.
    Command(OsString),
    /// Run the module after `-m`.
    Module(OsString),
    /// Run a file or folder.
    File(OsString),
    /// Run standard input, or show a prompt.
    Stdin,
    /// Show the version.
    Version {
        /// How often it was asked for.
        times: u8,
    },
    /// Show a help text.
    Help(help::Topic),
}

/// Arguments that are refused, with the message: in CPython's words where CPython refuses them too.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UsageError(pub String);

impl std::fmt::Display for UsageError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for UsageError {}

/// Reads the arguments after the name of the program or subcommand. `apply` gets each option but
/// those that decide on the [`Action`], with its value (empty if it takes none).
///
/// # Errors
/// The first argument that is refused, here or by `apply`.
pub fn parse(
    command: Command,
    arguments: impl IntoIterator<Item = OsString>,
    apply: impl FnMut(&'static OptionSpec, &OsStr) -> Result<(), UsageError>,
) -> Result<Parsed, UsageError> {
    let mut parser = Parser {
        command,
        arguments: arguments.into_iter(),
        apply,
        version: 0,
        help: None,
    };
    let action = parser.action()?;
    let first: OsString = match &action {
        Some(Action::Command(_)) => "-c".into(),
        Some(Action::Module(_)) => "-m".into(),
        Some(Action::File(path)) => path.clone(),
        Some(_) => "-".into(),
        None => "".into(),
    };
    let Parser {
        arguments,
        version,
        help,
        ..
    } = parser;
    let action = match help {
        Some(topic) => Action::Help(topic),
        None if version > 0 => Action::Version { times: version },
        None => action.unwrap_or(Action::Stdin),
    };
    Ok(Parsed {
        action,
        argv: std::iter::once(first).chain(arguments).collect(),
    })
}

impl OptionSpec {
    /// The number that `value` is.
    ///
    /// # Errors
    /// It is not a number, or out of the option's range.
    pub fn number(&self, value: &OsStr) -> Result<u64, UsageError> {
        let (least, most) = match self.value.map(|value| value.kind) {
            Some(ValueKind::Number { least, most }) => (least, most),
            _ => (0, u64::MAX),
        };
        let text = value.to_string_lossy();
        let number = text.parse().ok();
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| {
                UsageError(format!(
                    "{} takes a number from {least} to {most}, not {text:?}",
                    self.name()
                ))
            })
    }

    /// Which of the option's words `value` is.
    ///
    /// # Errors
    /// It is none of them.
    pub fn word(&self, value: &OsStr) -> Result<&'static str, UsageError> {
        let found = self.words().iter().find(|known| value == known.word);
        found.map(|word| word.word).ok_or_else(|| self.unknown())
    }

    /// The message for a value that is none of the option's words.
    fn unknown(&self) -> UsageError {
        let words: Vec<&str> = self.words().iter().map(|word| word.word).collect();
        UsageError(format!(
            "Argument for the {} option: expected {}",
            self.name(),
            words::list(&words, "or")
        ))
    }
}

/// What is added to the message for a long option that the command has not: where there is one, or
/// those that are written like it. Nothing for most.
fn like(command: Command, name: &str) -> String {
    let is_named = |option: &&OptionSpec| option.long == Some(name);
    if OptionSpec::of_command(Command::Run).any(|option| is_named(&option)) {
        return format!(" (it is one of `{}`)", Command::Run.spec().line());
    }
    let names = OptionSpec::of_command(command).filter_map(|option| option.long);
    let near: Vec<String> = pages::nearest(name, names)
        .iter()
        .map(|name| format!("--{name}"))
        .collect();
    match near.is_empty() {
        true => String::new(),
        false => format!(" (similar: {})", near.join(", ")),
    }
}

struct Parser<I, F> {
    command: Command,
    arguments: I,
    apply: F,
    version: u8,
    help: Option<help::Topic>,
}

impl<I, F> Parser<I, F>
where
    I: Iterator<Item = OsString>,
    F: FnMut(&'static OptionSpec, &OsStr) -> Result<(), UsageError>,
{
    /// Reads up to what ends the options; `None` if nothing does.
    fn action(&mut self) -> Result<Option<Action>, UsageError> {
        while let Some(argument) = self.arguments.next() {
            if argument == "-" {
                return Ok(Some(Action::Stdin));
            }
            if argument == "--" {
                return Ok(match self.arguments.next() {
                    Some(file) if file == "-" => Some(Action::Stdin),
                    other => other.map(Action::File),
                });
            }
            let bytes = argument.as_encoded_bytes();
            if !bytes.starts_with(b"-") {
                return Ok(Some(Action::File(argument)));
            }
            if bytes.starts_with(b"--") {
                self.long(&argument)?;
            } else if let Some(action) = self.short(&argument)? {
                return Ok(Some(action));
            }
        }
        Ok(None)
    }

    /// Reads a long option.
    fn long(&mut self, argument: &OsStr) -> Result<(), UsageError> {
        let unknown = || UsageError(format!("Unknown option: {}", argument.display()));
        let text = argument.to_str().ok_or_else(unknown)?;
        let text = text.strip_prefix("--").ok_or_else(unknown)?;
        let (name, joined) = match text.split_once('=') {
            Some((name, value)) => (name, Some(OsString::from(value))),
            None => (text, None),
        };
        let mut options = OptionSpec::of_command(self.command);
        let option = options
            .find(|option| option.long == Some(name))
            .ok_or_else(|| UsageError(format!("{}{}", unknown(), like(self.command, name))))?;
        // CPython's own take no value after an equals sign.
        let is_cpythons = option.commands.contains(&Command::Python);
        if joined.is_some() && (is_cpythons || option.value.is_none()) {
            return Err(unknown());
        }
        if option.value.is_none() {
            self.apply(option, OsStr::new(""))?;
            return Ok(());
        }
        let value = joined.or_else(|| self.arguments.next());
        let value = value.ok_or_else(|| missing(option, is_cpythons))?;
        let has_list = matches!(
            option.value.map(|value| value.kind),
            Some(ValueKind::OneOf(_))
        );
        if has_list && let Err(error) = option.word(&value) {
            return Err(if is_cpythons {
                bad_word_in_cpythons_words(option)
            } else {
                error
            });
        }
        self.apply(option, &value)?;
        Ok(())
    }

    /// Reads a group of joined short options. Returns what ends the options, if one does.
    fn short(&mut self, argument: &OsStr) -> Result<Option<Action>, UsageError> {
        let bytes = argument.as_encoded_bytes();
        for (at, &byte) in bytes.iter().enumerate().skip(1) {
            let letter = char::from(byte);
            let mut options = OptionSpec::of_command(self.command);
            let Some(option) = options.find(|option| option.short == Some(letter)) else {
                let rest = String::from_utf8_lossy(&bytes[at..]);
                let letter = rest.chars().next().unwrap_or_default();
                return Err(UsageError(format!("Unknown option: -{letter}")));
            };
            if option.value.is_some() {
                let value = self.value(argument, at)?;
                return self.apply(option, &value);
            }
            self.apply(option, OsStr::new(""))?;
        }
        Ok(None)
    }

    /// The value of the short option at byte `at`: the rest of its argument, or the next one.
    fn value(&mut self, argument: &OsStr, at: usize) -> Result<OsString, UsageError> {
        let bytes = argument.as_encoded_bytes();
        let letter = char::from(bytes[at]);
        if at + 1 < bytes.len() {
            // SAFETY: the bytes come from an `OsStr` and are split right after an ASCII byte.
            let rest = unsafe { OsStr::from_encoded_bytes_unchecked(&bytes[at + 1..]) };
            return Ok(rest.to_owned());
        }
        let missing = || UsageError(format!("Argument expected for the -{letter} option"));
        self.arguments.next().ok_or_else(missing)
    }

    /// Applies an option, or keeps what it says about the action. Returns the action if the option
    /// ends the options.
    fn apply(
        &mut self,
        option: &'static OptionSpec,
        value: &OsStr,
    ) -> Result<Option<Action>, UsageError> {
        match option.effect {
            Effect::RunCommand => return Ok(Some(Action::Command(value.to_owned()))),
            Effect::RunModule => return Ok(Some(Action::Module(value.to_owned()))),
            // -h asks for the usage unless another text was asked for before it.
            Effect::Help => {
                self.help = self.help.or(Some(help::Topic::Command(self.command)));
            }
            Effect::HelpVariables => self.help = Some(help::Topic::Variables),
            Effect::HelpXOptions => self.help = Some(help::Topic::XOptions),
            Effect::HelpAll => self.help = Some(help::Topic::All),
            Effect::Version => self.version = self.version.saturating_add(1),
            _ => (self.apply)(option, value)?,
        }
        Ok(None)
    }
}

/// The message for a long option without its value.
fn missing(option: &OptionSpec, is_cpythons: bool) -> UsageError {
    let name = option.name();
    match option.value.map(|value| value.kind) {
        // "options" is CPython's.
        _ if is_cpythons => UsageError(format!("Argument expected for the {name} options")),
        Some(ValueKind::OneOf(_)) => option.unknown(),
        _ => UsageError(format!("Argument expected for the {name} option")),
    }
}

/// The message for a value that is none of the words of an option of CPython's.
fn bad_word_in_cpythons_words(option: &OptionSpec) -> UsageError {
    let words = option.words().iter();
    let quoted: Vec<String> = words.map(|word| format!("'{}'", word.word)).collect();
    let quoted: Vec<&str> = quoted.iter().map(String::as_str).collect();
    UsageError(format!(
        "{} must be one of {}",
        option.name(),
        words::series(&quoted, "or")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::help::Topic;

    type Applied = Vec<(Effect, String)>;

    fn parsed(command: Command, arguments: &[&str]) -> Result<(Parsed, Applied), UsageError> {
        let mut applied = Vec::new();
        let arguments = arguments.iter().map(OsString::from);
        let parsed = parse(command, arguments, |option, value| {
            applied.push((option.effect, value.to_string_lossy().into_owned()));
            Ok(())
        })?;
        Ok((parsed, applied))
    }

    #[track_caller]
    fn refused(command: Command, arguments: &[&str], message: &str) {
        let error = parsed(command, arguments).expect_err("an error");
        assert_eq!(error.0, message, "{arguments:?}");
    }

    /// Every option of the table is read, in each of its forms.
    #[test]
    fn every_option_is_read() {
        for command in [Command::Python, Command::Run] {
            for option in OptionSpec::of_command(command) {
                let value = match option.value.map(|value| value.kind) {
                    None => None,
                    Some(ValueKind::OneOf(words) | ValueKind::Pattern(words)) => {
                        Some(words[0].word)
                    }
                    Some(_) => Some("1"),
                };
                let short = option.short.map(|letter| format!("-{letter}"));
                let long = option.long.map(|name| format!("--{name}"));
                for form in [short, long].into_iter().flatten() {
                    let arguments: Vec<&str> = std::iter::once(&*form).chain(value).collect();
                    let (found, applied) = parsed(command, &arguments).expect("a known option");
                    let applied = applied.first().map(|(effect, _)| *effect);
                    let is_applied = applied == Some(option.effect);
                    assert!(is_applied != (found.action != Action::Stdin), "{form}");
                }
            }
        }
    }

    #[test]
    fn the_options_of_run_are_not_pythons() {
        for option in OptionSpec::of_command(Command::Run) {
            if option.commands.contains(&Command::Python) {
                continue;
            }
            let name = option.name();
            refused(
                Command::Python,
                &[&name],
                &format!("Unknown option: {name} (it is one of `pyt run`)"),
            );
        }
    }

    #[test]
    fn options_are_applied_in_order_up_to_the_program() {
        let (found, applied) =
            parsed(Command::Run, &["-Bu", "--seed=4", "-Wx", "f", "-q"]).unwrap();
        assert_eq!(found.action, Action::File("f".into()));
        assert_eq!(found.argv, ["f", "-q"]);
        let expected = [
            (Effect::DontWriteBytecode, ""),
            (Effect::Unbuffered, ""),
            (Effect::Seed, "4"),
            (Effect::WarningFilter, "x"),
        ];
        assert_eq!(
            applied,
            expected.map(|(effect, value)| (effect, value.to_owned()))
        );
    }

    #[test]
    fn the_first_refusal_counts() {
        let apply = |_: &'static OptionSpec, _: &OsStr| Err(UsageError("no".to_owned()));
        let arguments = ["-B", "-Z"].map(OsString::from);
        let error = parse(Command::Python, arguments, apply).unwrap_err();
        assert_eq!(error.0, "no");
    }

    #[test]
    fn help_and_version_wait_for_the_rest() {
        let action = |arguments: &[&str]| parsed(Command::Python, arguments).unwrap().0.action;
        assert_eq!(action(&["-VV"]), Action::Version { times: 2 });
        let usage = Action::Help(Topic::Command(Command::Python));
        assert_eq!(action(&["-V", "-?", "--", "f"]), usage);
        assert_eq!(action(&["--help-all", "-h"]), Action::Help(Topic::All));
        assert_eq!(
            action(&["-h", "--help-env"]),
            Action::Help(Topic::Variables)
        );
        refused(Command::Python, &["-h", "-Z"], "Unknown option: -Z");
    }

    #[test]
    fn refusals_are_worded_as_in_cpython() {
        let python = Command::Python;
        refused(python, &["-Z"], "Unknown option: -Z");
        refused(python, &["-Bé"], "Unknown option: -é");
        refused(python, &["--foo"], "Unknown option: --foo");
        refused(
            python,
            &["--vresion"],
            "Unknown option: --vresion (similar: --version)",
        );
        refused(python, &["--help=3"], "Unknown option: --help=3");
        refused(python, &["-BW"], "Argument expected for the -W option");
        let option = "--check-hash-based-pycs";
        let joined = "--check-hash-based-pycs=always";
        refused(python, &[joined], &format!("Unknown option: {joined}"));
        refused(
            python,
            &[option],
            "Argument expected for the --check-hash-based-pycs options",
        );
        refused(
            python,
            &[option, "x"],
            "--check-hash-based-pycs must be one of 'default', 'always', or 'never'",
        );
    }

    #[test]
    fn refusals_of_pyts_options_say_what_is_expected() {
        let run = Command::Run;
        let deadlock = "Argument for the --deadlock option: expected report, abort or ignore";
        refused(run, &["--deadlock"], deadlock);
        refused(run, &["--deadlock=never"], deadlock);
        refused(
            run,
            &["--granularity", "word"],
            "Argument for the --granularity option: expected sync, line, access or instruction",
        );
        refused(run, &["--seed"], "Argument expected for the --seed option");
        refused(
            run,
            &["--seeed", "1"],
            "Unknown option: --seeed (similar: --seed)",
        );
        let flag = "Unknown option: --virtual-time=1";
        refused(run, &["--virtual-time=1"], flag);
        let seed = OptionSpec::find(Some(run), Effect::Seed).unwrap();
        assert_eq!(seed.number(OsStr::new("7")), Ok(7));
        assert_eq!(
            seed.number(OsStr::new("x")).unwrap_err().0,
            "--seed takes a number from 0 to 18446744073709551615, not \"x\""
        );
    }
}
