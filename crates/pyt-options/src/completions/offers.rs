//! What the scripts offer: the same in all shells.

use super::shell::Shell;
use crate::{Command, OptionSpec, ValueKind, Word, pages::PAGES};

/// The options that are offered.
pub(super) fn offered(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OptionSpec::of_command(command).filter(|option| !option.hidden)
}

/// The forms of an option: `-V`, `--version`.
pub(super) fn forms(option: &OptionSpec) -> Vec<String> {
    let short = option.short.map(|letter| format!("-{letter}"));
    let long = option.long.map(|name| format!("--{name}"));
    short.into_iter().chain(long).collect()
}

/// What completes the value of an option.
pub(super) enum Values {
    /// One of these words. Those that end in `=` or `:` are begun only.
    Words(Vec<String>),
    /// A folder.
    Folder,
    /// A file.
    File,
    /// Nothing is known about it.
    Unknown,
}

impl Values {
    /// Those of an option that takes a value.
    pub(super) fn of(option: &OptionSpec) -> Option<Self> {
        Some(match option.value?.kind {
            ValueKind::OneOf(words) | ValueKind::Pattern(words) => Self::Words(begun(words)),
            ValueKind::XOption => Self::Words(x_options()),
            ValueKind::Folder => Self::Folder,
            ValueKind::File => Self::File,
            ValueKind::Text
            | ValueKind::Module
            | ValueKind::Packages
            | ValueKind::Number { .. }
            | ValueKind::Seconds
            | ValueKind::Part => Self::Unknown,
        })
    }
}

/// Words without their placeholders: `pct:` for `pct:DEPTH`.
fn begun(words: &[Word]) -> Vec<String> {
    let begun = words.iter().map(|word| match word.word.split_once(':') {
        Some((name, _)) => format!("{name}:"),
        None => word.word.to_owned(),
    });
    begun.collect()
}

/// What may follow `-X`: `gil=0`, `gil=1`, `dev`, `cpu_count=`.
pub(super) fn x_options() -> Vec<String> {
    let mut found = Vec::new();
    for (_, x) in OptionSpec::with_x() {
        if x.value.is_empty() || x.value.starts_with('[') {
            found.push(x.name.to_owned());
        }
        let values = x.value.trim_matches(['[', ']', '=']);
        for value in values.split('|').filter(|value| !value.is_empty()) {
            // A placeholder is in capitals.
            let is_placeholder = value.chars().all(|letter| letter.is_ascii_uppercase());
            let value = if is_placeholder { "" } else { value };
            found.push(format!("{}={value}", x.name));
        }
    }
    found
}

/// The names of the subcommands.
pub(super) fn subcommands() -> Vec<&'static str> {
    Command::subcommands()
        .map(|command| command.spec().name)
        .collect()
}

/// The words that an argument of a command may be, if it is one of few.
pub(super) fn operands(command: Command) -> Vec<&'static str> {
    match command {
        Command::Completions => Shell::ALL.map(Shell::name).to_vec(),
        Command::Help => {
            let pages = PAGES.iter().map(|page| page.name);
            subcommands().into_iter().chain(pages).collect()
        }
        Command::Python | Command::Run | Command::Explore | Command::Replay | Command::Doc => {
            Vec::new()
        }
    }
}

/// Whether the first argument that is no option ends the options, as in `python`.
pub(super) const fn ends_at_program(command: Command) -> bool {
    matches!(command, Command::Python | Command::Run)
}
