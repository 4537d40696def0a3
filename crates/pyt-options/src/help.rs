//! The help texts, made from the table.

use std::fmt::Write as _;

use crate::{
    Command, CommandSpec, Effect, Example, OptionSpec, ValueKind, Variable,
    pages::PAGES,
    words::{self, Row, columns, wrapped},
};

/// How wide the column of options is at most.
const MOST_OF_OPTIONS: usize = 24;
/// The same for the options of `python`, which have a third column.
const MOST_OF_PYTHONS: usize = 16;
/// How wide the column of variables is at most.
const MOST_OF_VARIABLES: usize = 36;
/// How wide the column of `-X` options is at most.
const MOST_OF_X_OPTIONS: usize = 28;
/// How wide the column of command lines in examples is at most.
const MOST_OF_EXAMPLES: usize = 46;
/// How many columns a paragraph takes.
const PARAGRAPH: usize = 100;

/// Which help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Topic {
    /// What a command does.
    Command(Command),
    /// The environment variables.
    Variables,
    /// The `-X` options.
    XOptions,
    /// The help of `python`, the `-X` options and the variables.
    All,
}

/// A help text. `program` is the name that the program was started by.
#[must_use]
pub fn text(topic: Topic, program: &str) -> String {
    match topic {
        Topic::Command(Command::Python) => python(program),
        Topic::Command(command) => subcommand(command),
        Topic::Variables => variables(),
        Topic::XOptions => x_options(),
        Topic::All => format!("{}\n{}\n{}", python(program), x_options(), variables()),
    }
}

/// The commands, and the pages of documentation: what may follow `pyt help`.
#[must_use]
pub fn overview() -> String {
    let mut out = usage_line(Command::Help, "pyt");
    out.push_str("\n\nCommands:\n");
    out.push_str(&columns(&subcommands(), MOST_OF_OPTIONS));
    out.push_str("\nPages of the documentation:\n");
    let pages = PAGES.iter().map(|page| Row::new(page.name, page.help));
    out.push_str(&columns(&pages.collect::<Vec<_>>(), MOST_OF_OPTIONS));
    out.push_str("\n`pyt --help` shows the options of `python`, which `pyt` takes, too.\n");
    out
}

/// The commands, a row each.
fn subcommands() -> Vec<Row> {
    let rows = Command::subcommands().map(|command| {
        let spec = command.spec();
        Row::new(format!("{} {}", spec.line(), spec.short_usage), spec.help)
    });
    rows.collect()
}

/// The line that follows a message about a wrong argument.
#[must_use]
pub fn usage_line(command: Command, program: &str) -> String {
    match command {
        Command::Python => format!("usage: {program} {}", command.spec().usage),
        _ => format!("usage: {} {}", command.spec().line(), command.spec().usage),
    }
}

fn python(program: &str) -> String {
    let spec = Command::Python.spec();
    let mut out = usage_line(Command::Python, program);
    out.push_str(
        "\n\npyt is a Python 3.14 whose threads you control. It takes the place of `python`, and \
         adds:\n\n",
    );
    out.push_str(&columns(&subcommands(), MOST_OF_OPTIONS));
    out.push_str(
        "\nOptions, which may be joined (-Bc CODE), and the variables that do the same:\n",
    );
    let options = visible(Command::Python).map(|option| Row {
        right: option
            .variable
            .map(|variable| format!("{}={}", variable.name, variable.value))
            .unwrap_or_default(),
        ..Row::new(option.forms(), with_words(option))
    });
    out.push_str(&columns(&options.collect::<Vec<_>>(), MOST_OF_PYTHONS));
    rest(&mut out, spec);
    out
}

fn subcommand(command: Command) -> String {
    let spec = command.spec();
    let mut out = format!("{}\n\n{}\n", spec.help, usage_line(command, ""));
    let operands = spec.operands.iter().map(|operand| {
        let dots = if operand.repeated { "..." } else { "" };
        let name = if operand.required {
            format!("{}{dots}", operand.name)
        } else {
            format!("[{}]{dots}", operand.name)
        };
        Row::new(name, operand.help)
    });
    let operands: Vec<Row> = operands.collect();
    if !operands.is_empty() {
        let _ = write!(out, "\nArguments:\n{}", columns(&operands, MOST_OF_OPTIONS));
    }
    let is_pythons = |option: &&OptionSpec| option.commands.contains(&Command::Python);
    let row = |option: &OptionSpec| Row::new(option.forms(), with_default(option));
    let (pythons, own): (Vec<_>, Vec<_>) = visible(command).partition(is_pythons);
    let heading = |out: &mut String, heading: &str, options: &[&OptionSpec]| {
        if !options.is_empty() {
            let rows: Vec<Row> = options.iter().map(|option| row(option)).collect();
            let _ = write!(out, "\n{heading}:\n{}", columns(&rows, MOST_OF_OPTIONS));
        }
    };
    if command == Command::Run {
        heading(&mut out, "Options", &own);
        heading(&mut out, "Options of `python`", &pythons);
    } else {
        let mut options = [own, pythons].concat();
        options.sort_by_key(|option| option.effect == Effect::Help);
        heading(&mut out, "Options", &options);
    }
    for option in visible(command) {
        let takes_words = matches!(
            option.value.map(|value| value.kind),
            Some(ValueKind::OneOf(_) | ValueKind::Pattern(_))
        );
        // The list of an option of `python` stands in the help of `python`.
        if takes_words && !is_pythons(&option) {
            let words = option.words().iter();
            let rows: Vec<Row> = words.map(|word| Row::new(word.word, word.help)).collect();
            let _ = write!(
                out,
                "\n{} for {}:\n{}",
                option.value.map(|value| value.name).unwrap_or_default(),
                option.name(),
                columns(&rows, MOST_OF_OPTIONS)
            );
        }
    }
    rest(&mut out, spec);
    out
}

/// Notes, examples, exit statuses.
fn rest(out: &mut String, spec: &CommandSpec) {
    for note in spec.notes {
        let _ = write!(out, "\n{}\n", wrapped(note, PARAGRAPH).join("\n"));
    }
    let example = |example: &Example| Row::new(example.line, example.help);
    let examples: Vec<Row> = spec.examples.iter().map(example).collect();
    let _ = write!(out, "\nExamples:\n{}", columns(&examples, MOST_OF_EXAMPLES));
    let statuses = spec.statuses.iter();
    let statuses = statuses.map(|status| Row::new(status.status, status.help));
    let statuses: Vec<Row> = statuses.collect();
    let _ = write!(
        out,
        "\nExit status:\n{}",
        columns(&statuses, MOST_OF_OPTIONS)
    );
}

fn x_options() -> String {
    let mut out = String::from(
        "Options of the implementation (-X NAME[=VALUE]), and the variables that do the same:\n",
    );
    let rows = OptionSpec::with_x().map(|(option, x)| Row {
        right: option
            .variable
            .map(|variable| variable.name.to_owned())
            .unwrap_or_default(),
        ..Row::new(format!("{}{}", x.name, x.value), option.help)
    });
    out.push_str(&columns(&rows.collect::<Vec<_>>(), MOST_OF_X_OPTIONS));
    out.push_str("Other names are kept in sys._xoptions and have no effect.\n");
    out
}

fn variables() -> String {
    let mut out = String::from("Environment variables without an option:\n");
    let row =
        |(option, variable): (&OptionSpec, Variable)| Row::new(form(option, variable), option.help);
    let alone = OptionSpec::with_variable().filter(|(option, _)| !has_option(option));
    out.push_str(&columns(
        &alone.map(row).collect::<Vec<_>>(),
        MOST_OF_VARIABLES,
    ));
    out.push_str("\nEnvironment variables that do the same as an option:\n");
    let row = |(option, variable): (&OptionSpec, Variable)| {
        Row::new(form(option, variable), same_as(option))
    };
    let others = OptionSpec::with_variable().filter(|(option, _)| has_option(option));
    out.push_str(&columns(
        &others.map(row).collect::<Vec<_>>(),
        MOST_OF_VARIABLES,
    ));
    out.push_str("\nAn empty variable counts as absent. -E and -I ignore all of them.\n");
    out
}

fn has_option(option: &OptionSpec) -> bool {
    option.x.is_some() || !option.commands.is_empty()
}

/// A variable with the form of its value.
pub(crate) fn form(option: &OptionSpec, variable: Variable) -> String {
    let value = match (variable.value, option.x) {
        ("", Some(x)) => x.value.trim_start_matches('[').trim_end_matches(']'),
        (value, _) => &format!("={value}"),
    };
    format!("{}{value}", variable.name)
}

/// The option that does the same as a variable.
pub(crate) fn same_as(option: &OptionSpec) -> String {
    match option.x {
        Some(x) => format!("-X {}{}", x.name, x.value),
        None => option.forms(),
    }
}

fn visible(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OptionSpec::of_command(command).filter(|option| !option.hidden)
}

/// What an option does, with the words that its value may be.
fn with_words(option: &OptionSpec) -> String {
    let words: Vec<&str> = option.words().iter().map(|word| word.word).collect();
    if words.is_empty() {
        option.help.to_owned()
    } else {
        format!("{}: {}", option.help, words::list(&words, "or"))
    }
}

/// What an option does, with its default.
fn with_default(option: &OptionSpec) -> String {
    match option.value.and_then(|value| value.default) {
        Some(default) => format!("{} [default: {default}]", option.help),
        None => option.help.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(command: Command) -> String {
        text(Topic::Command(command), "pyt")
    }

    /// A line of help begins with this form of an option.
    #[track_caller]
    fn lists(help: &str, form: &str) {
        let mut lines = help.lines().filter_map(|line| line.strip_prefix("  "));
        let lists = |line: &str| {
            line.strip_prefix(form)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("  "))
        };
        assert!(lines.any(lists), "{form:?} is not listed in:\n{help}");
    }

    #[test]
    fn the_help_of_a_command_lists_its_options() {
        for command in Command::ALL {
            let help = of(command);
            for option in OptionSpec::of_command(command) {
                if option.hidden {
                    let name = option.long.map(|name| format!("--{name} "));
                    assert!(name.is_none_or(|name| !help.contains(&name)), "{help}");
                } else {
                    lists(&help, &option.forms());
                }
            }
        }
    }

    #[test]
    fn the_help_of_a_subcommand_lists_the_words_of_its_options() {
        for command in Command::subcommands() {
            let help = of(command);
            let own = OptionSpec::of_command(command)
                .filter(|option| !option.commands.contains(&Command::Python));
            for word in own.flat_map(OptionSpec::words) {
                lists(&help, word.word);
            }
        }
    }

    #[test]
    fn help_teaches_by_examples_and_exit_statuses() {
        for command in Command::ALL {
            let help = of(command);
            for example in command.spec().examples {
                lists(&help, example.line);
            }
            for status in command.spec().statuses {
                lists(&help, status.status);
            }
        }
    }

    #[test]
    fn every_x_option_and_variable_is_listed() {
        let help = text(Topic::XOptions, "pyt");
        for (_, x) in OptionSpec::with_x() {
            lists(&help, &format!("{}{}", x.name, x.value));
        }
        let help = text(Topic::Variables, "pyt");
        for (option, variable) in OptionSpec::with_variable() {
            lists(&help, &form(option, variable));
        }
    }

    #[test]
    fn all_is_all() {
        let all = text(Topic::All, "pyt");
        for part in [
            Topic::Command(Command::Python),
            Topic::XOptions,
            Topic::Variables,
        ] {
            assert!(all.contains(&text(part, "pyt")), "{part:?}");
        }
    }

    #[test]
    fn help_fits_a_screen() {
        for command in Command::ALL {
            for line in of(command).lines() {
                assert!(line.chars().count() <= 100, "{line}");
            }
        }
        for line in text(Topic::All, "pyt").lines().chain(overview().lines()) {
            assert!(line.chars().count() <= 100, "{line}");
        }
    }

    #[test]
    fn the_overview_lists_commands_and_pages() {
        let overview = overview();
        for command in Command::subcommands() {
            assert!(overview.contains(command.spec().help), "{overview}");
        }
        for page in PAGES {
            lists(&overview, page.name);
        }
    }

    /// The granularity of `pyt run` was once read and in no help.
    #[test]
    fn run_shows_its_granularity() {
        lists(&of(Command::Run), "--granularity WHERE");
    }
}
