//! Scripts that complete commands, options and their values in a shell.

mod bash;
mod fish;
mod zsh;

use crate::{Command, OptionSpec, ValueKind, Word};

/// A shell that there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shell {
    /// bash, from 3.2 on.
    Bash,
    /// zsh.
    Zsh,
    /// fish.
    Fish,
}

impl Shell {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    /// The name of its program.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    /// The shell of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shell| shell.name() == name)
    }
}

/// The script for a shell.
#[must_use]
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash::script(),
        Shell::Zsh => zsh::script(),
        Shell::Fish => fish::script(),
    }
}

/// The options that are offered.
fn offered(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OptionSpec::of_command(command).filter(|option| !option.hidden)
}

/// The forms of an option: `-V`, `--version`.
fn forms(option: &OptionSpec) -> Vec<String> {
    let short = option.short.map(|letter| format!("-{letter}"));
    let long = option.long.map(|name| format!("--{name}"));
    short.into_iter().chain(long).collect()
}

/// What completes the value of an option.
enum Values {
    /// One of these words. Those that end in `=` or `:` are begun only.
    Words(Vec<String>),
    /// A folder.
    Folder,
    /// Nothing is known about it.
    Unknown,
}

impl Values {
    /// Those of an option that takes a value.
    fn of(option: &OptionSpec) -> Option<Self> {
        Some(match option.value?.kind {
            ValueKind::OneOf(words) | ValueKind::Pattern(words) => Self::Words(begun(words)),
            ValueKind::XOption => Self::Words(x_options()),
            ValueKind::Folder => Self::Folder,
            ValueKind::Text
            | ValueKind::Module
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
fn x_options() -> Vec<String> {
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
fn subcommands() -> Vec<&'static str> {
    Command::subcommands()
        .map(|command| command.spec().name)
        .collect()
}

/// The words that an argument of a command may be, if it is one of few.
fn operands(command: Command) -> Vec<&'static str> {
    match command {
        Command::Completions => Shell::ALL.map(Shell::name).to_vec(),
        Command::Help => subcommands(),
        Command::Python | Command::Run | Command::Explore | Command::Replay | Command::Doc => {
            Vec::new()
        }
    }
}

/// Whether the first argument that is no option ends the options, as in `python`.
const fn ends_at_program(command: Command) -> bool {
    matches!(command, Command::Python | Command::Run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_offer_every_option_and_command() {
        for shell in Shell::ALL {
            let script = script(shell);
            for command in Command::ALL {
                assert!(
                    script.contains(command.spec().name),
                    "{shell:?} {command:?}"
                );
                for option in offered(command) {
                    let is_there = match (shell, option.long) {
                        (Shell::Fish, Some(long)) => script.contains(&format!("-l {long}")),
                        (Shell::Fish, None) => option
                            .short
                            .is_some_and(|letter| script.contains(&format!("-s {letter}"))),
                        _ => forms(option).iter().all(|form| script.contains(form)),
                    };
                    assert!(is_there, "{shell:?}: {}", option.name());
                }
            }
            for (_, x) in OptionSpec::with_x() {
                assert!(script.contains(x.name), "{shell:?}: -X {}", x.name);
            }
        }
    }

    #[test]
    fn hidden_options_are_not_offered() {
        for shell in Shell::ALL {
            let script = script(shell);
            for form in ["--first", "-l first", "--job ", "-l job "] {
                assert!(!script.contains(form), "{shell:?}: {form}");
            }
        }
    }

    #[test]
    fn x_options_are_completed_with_their_values() {
        let found = x_options();
        for expected in [
            "gil=0",
            "gil=1",
            "dev",
            "utf8",
            "utf8=1",
            "cpu_count=",
            "cpu_count=default",
        ] {
            assert!(
                found.iter().any(|word| word == expected),
                "{expected} in {found:?}"
            );
        }
        assert!(!found.iter().any(|word| word == "gil"), "{found:?}");
    }

    #[test]
    fn shells_are_found_by_name() {
        for shell in Shell::ALL {
            assert_eq!(Shell::named(shell.name()), Some(shell));
        }
        assert_eq!(Shell::named("sh"), None);
    }
}
