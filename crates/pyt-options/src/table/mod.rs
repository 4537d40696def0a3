//! The rows of the table, by subject. Their order is that of the help.

mod doc;
mod explore;
mod implementation;
mod python;
mod run;
mod variables;

use crate::{Command, Effect, OptionSpec, Variable, XName};

const PARTS: [&[OptionSpec]; 6] = [
    python::ROWS,
    implementation::ROWS,
    variables::ROWS,
    run::ROWS,
    explore::ROWS,
    doc::ROWS,
];

const COUNT: usize = {
    let mut count = 0;
    let mut part = 0;
    while part < PARTS.len() {
        count += PARTS[part].len();
        part += 1;
    }
    count
};

/// Every option of every command, every `-X` option, every environment variable.
pub static OPTIONS: [OptionSpec; COUNT] = {
    let mut options = [PARTS[0][0]; COUNT];
    let mut count = 0;
    let mut part = 0;
    while part < PARTS.len() {
        let mut row = 0;
        while row < PARTS[part].len() {
            options[count] = PARTS[part][row];
            count += 1;
            row += 1;
        }
        part += 1;
    }
    options
};

impl OptionSpec {
    /// The row of an effect: that with a short or long form of `command`, or, without a command,
    /// that with an `-X` name or a variable.
    #[must_use]
    pub fn find(command: Option<Command>, effect: Effect) -> Option<&'static Self> {
        OPTIONS.iter().find(|option| {
            option.effect == effect
                && match command {
                    Some(command) => option.commands.contains(&command),
                    None => option.x.is_some() || option.variable.is_some(),
                }
        })
    }

    /// The options with a short or long form that a command takes, in the order of its help.
    pub fn of_command(command: Command) -> impl Iterator<Item = &'static Self> {
        let takes = move |option: &&Self| option.commands.contains(&command);
        OPTIONS.iter().filter(takes)
    }

    /// The options with an `-X` name.
    pub fn with_x() -> impl Iterator<Item = (&'static Self, XName)> {
        OPTIONS
            .iter()
            .filter_map(|option| Some((option, option.x?)))
    }

    /// The options with an environment variable.
    pub fn with_variable() -> impl Iterator<Item = (&'static Self, Variable)> {
        OPTIONS
            .iter()
            .filter_map(|option| Some((option, option.variable?)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::ValueKind;

    #[test]
    fn each_form_has_one_row() {
        let (mut forms, mut names, mut variables) =
            (HashSet::new(), HashSet::new(), HashSet::new());
        let mut effects = HashSet::new();
        for option in &OPTIONS {
            for &command in option.commands {
                for form in [
                    option.short.map(|letter| format!("-{letter}")),
                    option.long.map(|name| format!("--{name}")),
                ]
                .into_iter()
                .flatten()
                {
                    assert!(forms.insert((command, form.clone())), "{form} twice");
                }
                let once = effects.insert((command, option.effect)) || option.hidden;
                assert!(once, "two rows of {command:?} for {:?}", option.effect);
            }
            if let Some(x) = option.x {
                assert!(names.insert(x.name), "-X {} twice", x.name);
            }
            if let Some(variable) = option.variable {
                assert!(variables.insert(variable.name), "{} twice", variable.name);
            }
        }
    }

    #[test]
    fn each_row_has_a_form_and_says_what_it_does() {
        for option in &OPTIONS {
            let is_of_a_command = !option.commands.is_empty();
            let has_form = option.short.is_some() || option.long.is_some();
            assert_eq!(is_of_a_command, has_form, "{option:?}");
            assert!(!option.name().is_empty(), "{option:?}");
            assert!(!option.help.is_empty(), "{option:?}");
            assert!(!option.help.ends_with('.'), "{option:?}");
            assert!(!option.help.contains('\n'), "{option:?}");
            assert!(!option.long_help.contains(['\n', '|']), "{option:?}");
        }
    }

    /// Completions and the documentation assume it.
    #[test]
    fn short_forms_are_letters_and_defaults_are_words_of_the_list() {
        for option in &OPTIONS {
            assert!(option.short.is_none_or(|letter| letter.is_ascii_graphic()));
            let Some(value) = option.value else { continue };
            if let (ValueKind::OneOf(words), Some(default)) = (value.kind, value.default) {
                assert!(words.iter().any(|word| word.word == default), "{option:?}");
            }
        }
    }

    #[test]
    fn run_takes_every_option_of_python() {
        for option in OptionSpec::of_command(Command::Python) {
            assert!(option.commands.contains(&Command::Run), "{option:?}");
        }
    }
}
