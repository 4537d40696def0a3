//! What the arguments of the subcommands explore, replay, doc, completions and help give.
//!
//! clap reads them; what there is to read comes from the table of options. What an option does is
//! not known here. `python` and `pyt run` read their arguments as CPython does: `invocation`.

use std::{any::Any, ffi::OsString, path::PathBuf, str::FromStr, time::Duration};

use clap::{Arg, ArgAction, ArgMatches, builder::ValueParser, error::ErrorKind, value_parser};
use pyt_options::{
    Command, Effect, Operand, OptionSpec, Positional, ValueKind,
    help::{self, Topic},
};
use pyt_runtime::explore::{ClockMode, Granularity, Injections, SearchKind, Shard, TaskOrder};

use crate::{refused, stdout};

/// The exit status after wrong arguments.
pub(crate) const BAD_USAGE: i32 = 2;

/// What the arguments of a subcommand gave.
pub(crate) struct Given {
    command: Command,
    matches: ArgMatches,
}

impl Given {
    /// Reads the arguments after a subcommand's name.
    ///
    /// # Errors
    /// An argument is wrong, or help was asked for. The text has been printed; the process is to
    /// end with this status.
    pub(crate) fn parse(command: Command, arguments: &[OsString]) -> Result<Self, i32> {
        match matched(command, arguments) {
            Ok(matches) => Ok(Self { command, matches }),
            Err(error) if error.kind() == ErrorKind::DisplayHelp => {
                Err(stdout::print(&help::text(Topic::Command(command), "pyt")))
            }
            Err(error) => {
                eprintln!("{}", refused::text(command, &error));
                Err(BAD_USAGE)
            }
        }
    }

    /// Whether an option without a value was given.
    pub(crate) fn has(&self, effect: Effect) -> bool {
        self.matches.get_flag(id(self.option(effect)))
    }

    /// The value of an option, or its default, if there is one.
    pub(crate) fn get<T: Any + Clone + Send + Sync>(&self, effect: Effect) -> Option<T> {
        self.matches.get_one(id(self.option(effect))).cloned()
    }

    /// The value of an option that has a default.
    pub(crate) fn value<T: Any + Clone + Send + Sync>(&self, effect: Effect) -> T {
        self.get(effect).expect("the table has a default for it")
    }

    /// The values of an option that may be repeated.
    pub(crate) fn all<T: Any + Clone + Send + Sync>(&self, effect: Effect) -> Vec<T> {
        let values = self.matches.get_many(id(self.option(effect)));
        values.into_iter().flatten().cloned().collect()
    }

    /// The arguments that stand for something, in order.
    pub(crate) fn operands<T: Any + Clone + Send + Sync>(&self, positional: Positional) -> Vec<T> {
        let operands = self.command.spec().operands.iter();
        let mut operands = operands.filter(|operand| operand.positional == positional);
        let values = operands
            .next()
            .and_then(|operand| self.matches.get_many(operand.name));
        values.into_iter().flatten().cloned().collect()
    }

    /// The argument that stands for something.
    pub(crate) fn operand<T: Any + Clone + Send + Sync>(
        &self,
        positional: Positional,
    ) -> Option<T> {
        self.operands(positional).into_iter().next()
    }

    fn option(&self, effect: Effect) -> &'static OptionSpec {
        OptionSpec::find(Some(self.command), effect).expect("the table has this option")
    }
}

/// The name of an option among the matches: unique within a command, and shown nowhere.
fn id(option: &OptionSpec) -> &'static str {
    option.long.unwrap_or(option.help)
}

fn matched(command: Command, arguments: &[OsString]) -> Result<ArgMatches, clap::Error> {
    let spec = command.spec();
    let parser = clap::Command::new(spec.name)
        .bin_name(spec.line())
        // `pyt explore` starts itself with options that count instead of those given.
        .args_override_self(command == Command::Explore)
        .args(spec.operands.iter().map(operand))
        .args(
            OptionSpec::of_command(command)
                .filter(|option| option.effect != Effect::Help)
                .map(option),
        );
    let name = OsString::from(spec.name);
    parser.try_get_matches_from(std::iter::once(&name).chain(arguments))
}

fn operand(operand: &'static Operand) -> Arg {
    let parser: ValueParser = match operand.positional {
        Positional::Program | Positional::Schedule | Positional::Documents => {
            value_parser!(PathBuf)
        }
        Positional::Arguments => value_parser!(OsString),
        Positional::Shell | Positional::Command => value_parser!(String),
    };
    let argument = Arg::new(operand.name)
        .required(operand.required)
        .last(operand.after_dashes)
        .value_parser(parser);
    if operand.repeated {
        argument.num_args(1..).action(ArgAction::Append)
    } else {
        argument
    }
}

fn option(option: &'static OptionSpec) -> Arg {
    let argument = Arg::new(id(option)).hide(option.hidden);
    let argument = match option.short {
        Some(letter) => argument.short(letter),
        None => argument,
    };
    let argument = match option.long {
        Some(name) => argument.long(name),
        None => argument,
    };
    let Some(value) = option.value else {
        return argument.action(ArgAction::SetTrue);
    };
    let argument = match value.default {
        Some(default) => argument.default_value(default),
        None => argument,
    };
    let action = match value.kind {
        ValueKind::XOption | ValueKind::Packages => ArgAction::Append,
        _ => ArgAction::Set,
    };
    argument
        .action(action)
        .value_name(value.name)
        .value_parser(parser_of(option, value.kind))
}

fn parser_of(option: &OptionSpec, kind: ValueKind) -> ValueParser {
    match (option.effect, kind) {
        (Effect::Strategy, _) => value_parser!(SearchKind).into(),
        (Effect::Granularity, _) => value_parser!(Granularity).into(),
        (Effect::Clock, _) => value_parser!(ClockMode).into(),
        (Effect::TaskOrder, _) => value_parser!(TaskOrder).into(),
        (Effect::Inject, _) => value_parser!(Injections).into(),
        (_, ValueKind::Number { least, most }) => {
            ValueParser::new(move |text: &str| number(text, least, most))
        }
        (_, ValueKind::Seconds) => ValueParser::new(seconds),
        (_, ValueKind::Part) => value_parser!(Shard).into(),
        (_, ValueKind::Folder | ValueKind::File) => value_parser!(PathBuf),
        (
            _,
            ValueKind::Text
            | ValueKind::Module
            | ValueKind::Packages
            | ValueKind::XOption
            | ValueKind::OneOf(_)
            | ValueKind::Pattern(_),
        ) => value_parser!(String),
    }
}

fn number(text: &str, least: u64, most: u64) -> Result<u64, String> {
    let found = u64::from_str(text).ok();
    let found = found.filter(|number| (least..=most).contains(number));
    found.ok_or_else(|| match (least, most) {
        (least, u64::MAX) => format!("expected a whole number, {least} or more"),
        (least, most) => format!("expected a whole number from {least} to {most}"),
    })
}

fn seconds(text: &str) -> Result<Duration, String> {
    let number = f64::from_str(text).ok().filter(|number| *number >= 0.0);
    let seconds = number.ok_or("expected a number of seconds, 0 or more, such as 60 or 0.5")?;
    Duration::try_from_secs_f64(seconds).map_err(|_| "so many seconds are too many".to_owned())
}

/// A long option with a value, as it is written on a command line: `--shard=1/2`.
pub(crate) fn argument(command: Command, effect: Effect, value: &dyn std::fmt::Display) -> String {
    let option = OptionSpec::find(Some(command), effect).expect("the table has this option");
    format!("{}={value}", option.name())
}

/// A long option without a value, as it is written on a command line.
pub(crate) fn flag(command: Command, effect: Effect) -> String {
    let option = OptionSpec::find(Some(command), effect).expect("the table has this option");
    option.name().clone()
}

/// The two halves of `NAME[=VALUE]` after `-X`.
pub(crate) fn x_option(text: &str) -> (String, Option<String>) {
    match text.split_once('=') {
        Some((name, value)) => (name.to_owned(), Some(value.to_owned())),
        None => (text.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The subcommands whose arguments are read here.
    const READ_HERE: [Command; 5] = [
        Command::Explore,
        Command::Replay,
        Command::Doc,
        Command::Completions,
        Command::Help,
    ];

    /// A value that an option takes.
    fn sample(option: &OptionSpec) -> Option<&'static str> {
        Some(match option.value?.kind {
            ValueKind::OneOf(words) | ValueKind::Pattern(words) => words[0].word,
            ValueKind::Part => "1/2",
            ValueKind::Number { .. } | ValueKind::Seconds => "7",
            ValueKind::Text
            | ValueKind::Module
            | ValueKind::Packages
            | ValueKind::XOption
            | ValueKind::Folder
            | ValueKind::File => "dev",
        })
    }

    #[test]
    fn every_option_is_read_in_each_of_its_forms() {
        for command in READ_HERE {
            let needed = command
                .spec()
                .operands
                .iter()
                .filter(|operand| operand.required);
            let needed: Vec<OsString> = needed.map(|operand| operand.name.into()).collect();
            for option in OptionSpec::of_command(command) {
                let short = option.short.map(|letter| format!("-{letter}"));
                let long = option.long.map(|name| format!("--{name}"));
                for form in [short, long].into_iter().flatten() {
                    let given = [Some(form.as_str()), sample(option)].into_iter().flatten();
                    let given = given.map(OsString::from).chain(needed.iter().cloned());
                    let given: Vec<OsString> = given.collect();
                    let matches = matched(command, &given);
                    if option.effect == Effect::Help {
                        let error = matches.expect_err("help");
                        assert_eq!(error.kind(), ErrorKind::DisplayHelp);
                    } else {
                        let matches = matches.unwrap_or_else(|error| panic!("{form}: {error}"));
                        assert!(matches.contains_id(id(option)), "{form}");
                    }
                }
            }
        }
    }

    /// The table knows names, the runtime knows what they mean.
    #[test]
    fn the_words_of_the_table_are_those_of_the_runtime() {
        for command in [Command::Run, Command::Explore] {
            let of = |effect| OptionSpec::find(Some(command), effect).expect("a row");
            for word in of(Effect::Strategy).words() {
                let word = word.word.replace("DEPTH", "2").replace('N', "2");
                assert!(word.parse::<SearchKind>().is_ok(), "{word}");
            }
            let granularities = of(Effect::Granularity).words().iter();
            let granularities: Vec<&str> = granularities.map(|word| word.word).collect();
            assert_eq!(
                granularities,
                Granularity::ALL.map(|known| known.to_string())
            );
        }
    }

    #[test]
    fn arguments_are_written_with_their_values() {
        let written = argument(Command::Explore, Effect::Shard, &"1/2");
        assert_eq!(written, "--shard=1/2");
    }

    #[test]
    fn wrong_arguments_are_named() {
        for (given, named) in [
            (["--nope", "x"], "'--nope'"),
            (
                ["--jobs=0", "x"],
                "'--jobs <N>': expected a whole number from 1 to 1024",
            ),
            (["--shard=2/2", "x"], "'--shard <I/N>': expected I/N"),
            (
                ["--time=-1", "x"],
                "'--time <SECONDS>': expected a number of seconds, 0 or more",
            ),
            (
                ["--time=nan", "x"],
                "'--time <SECONDS>': expected a number of seconds, 0 or more",
            ),
            (
                ["--time=inf", "x"],
                "'--time <SECONDS>': so many seconds are too many",
            ),
            (
                ["--strategy=x", "x"],
                "'--strategy <NAME>': unknown strategy",
            ),
        ] {
            let error = matched(Command::Explore, &given.map(OsString::from));
            let error = error.expect_err("an error").to_string();
            assert!(error.contains(named), "{error}");
        }
    }

    #[test]
    fn x_options_have_a_name_and_perhaps_a_value() {
        assert_eq!(x_option("dev"), ("dev".to_owned(), None));
        let expected = ("a".to_owned(), Some("b=c".to_owned()));
        assert_eq!(x_option("a=b=c"), expected);
    }
}
