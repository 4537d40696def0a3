//! The tables of `docs/cli.md`, made from the table of options.
//!
//! Each stands between two markers, which are comments of Markdown:
//!
//! ```text
//! <!-- table: options of explore -->
//! ...
//! <!-- end of table -->
//! ```

use std::fmt::Write as _;

use crate::{Command, OptionSpec, Value, help};

const BEGIN: &str = "<!-- table: ";
const BEGIN_ENDS: &str = " -->";
const END: &str = "<!-- end of table -->";

/// Why a document cannot be renewed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkerError {
    /// This line names a table that there is not.
    Unknown {
        /// The line, from 1.
        line: usize,
        /// The name.
        name: String,
    },
    /// The table that begins at this line has no end.
    Unclosed {
        /// The line, from 1.
        line: usize,
    },
    /// The document lacks these tables.
    Missing(Vec<&'static str>),
}

impl std::fmt::Display for MarkerError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unknown { line, name } => {
                let known: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
                write!(
                    f,
                    "line {line}: there is no table {name:?}; there are {}",
                    known.join(", ")
                )
            }
            Self::Unclosed { line } => {
                write!(f, "line {line}: the table has no end: add a line {END:?}")
            }
            Self::Missing(names) => write!(
                f,
                "add a line \"{BEGIN}NAME{BEGIN_ENDS}\" and a line {END:?} for each of: {}",
                names.join(", ")
            ),
        }
    }
}

impl std::error::Error for MarkerError {}

type Table = (&'static str, fn() -> String);

/// The tables by name.
const TABLES: [Table; 14] = [
    ("commands", commands),
    ("options of python", python),
    ("-X options", x_options),
    ("variables", variables),
    ("options of run", || options(Command::Run)),
    ("options of explore", || options(Command::Explore)),
    ("options of replay", || options(Command::Replay)),
    ("options of doc", || options(Command::Doc)),
    ("exit statuses of run", || statuses(Command::Run)),
    ("exit statuses of explore", || statuses(Command::Explore)),
    ("exit statuses of replay", || statuses(Command::Replay)),
    ("exit statuses of doc", || statuses(Command::Doc)),
    ("exit statuses of completions", || {
        statuses(Command::Completions)
    }),
    ("exit statuses of help", || statuses(Command::Help)),
];

/// `document` with its tables as the table of options has them now.
///
/// # Errors
/// A marker is wrong, or a table has none.
pub fn renewed(document: &str) -> Result<String, MarkerError> {
    let mut out = String::with_capacity(document.len());
    let mut missing: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
    let mut lines = document.lines().enumerate();
    while let Some((index, text)) = lines.next() {
        let _ = writeln!(out, "{text}");
        let marked = text.strip_prefix(BEGIN);
        let Some(name) = marked.and_then(|rest| rest.strip_suffix(BEGIN_ENDS)) else {
            continue;
        };
        let line = index + 1;
        let Some((_, make)) = TABLES.iter().find(|(known, _)| *known == name) else {
            let name = name.to_owned();
            return Err(MarkerError::Unknown { line, name });
        };
        if !lines.any(|(_, text)| text == END) {
            return Err(MarkerError::Unclosed { line });
        }
        missing.retain(|known| *known != name);
        let _ = writeln!(out, "{}{END}", make());
    }
    if missing.is_empty() {
        Ok(out)
    } else {
        Err(MarkerError::Missing(missing))
    }
}

fn table<const N: usize>(heading: [&str; N], rows: impl Iterator<Item = [String; N]>) -> String {
    let line = |cells: &[String; N]| {
        let cells: Vec<String> = cells.iter().map(|cell| cell.replace('|', r"\|")).collect();
        format!("| {} |\n", cells.join(" | ")).replace("|  |", "| |")
    };
    let mut out = line(&heading.map(str::to_owned));
    out.push_str(&line(&heading.map(|_| "---".to_owned())));
    for row in rows {
        out.push_str(&line(&row));
    }
    out
}

fn code(text: &str) -> String {
    format!("`{text}`")
}

fn commands() -> String {
    let rows = Command::subcommands().map(|command| {
        let spec = command.spec();
        [
            code(&format!("{} {}", spec.line(), spec.usage)),
            spec.help.to_owned(),
        ]
    });
    table(["command", "what it does"], rows)
}

fn python() -> String {
    let rows = visible(Command::Python).map(|option| {
        let variable = option
            .variable
            .map(|variable| code(&help::form(option, variable)));
        [
            forms(option),
            variable.unwrap_or_default(),
            effect(option, option.value),
        ]
    });
    table(["option", "variable", "effect"], rows)
}

fn x_options() -> String {
    let rows = OptionSpec::with_x().map(|(option, x)| {
        let variable = option.variable.map(|variable| code(variable.name));
        [
            code(&format!("-X {}{}", x.name, x.value)),
            variable.unwrap_or_default(),
            option.full_help().to_owned(),
        ]
    });
    table(["option", "variable", "effect"], rows)
}

fn variables() -> String {
    let is_alone = |option: &&OptionSpec| option.x.is_none() && option.commands.is_empty();
    let rows = OptionSpec::with_variable()
        .filter(|(option, _)| is_alone(option))
        .map(|(option, variable)| {
            [
                code(&help::form(option, variable)),
                option.full_help().to_owned(),
            ]
        });
    table(["variable", "effect"], rows)
}

/// The options of a subcommand, but for those of `python`.
fn options(command: Command) -> String {
    let own = visible(command).filter(|option| !option.commands.contains(&Command::Python));
    let rows = own.map(|option| [forms(option), effect(option, option.value)]);
    table(["option", "effect"], rows)
}

fn statuses(command: Command) -> String {
    let statuses = command.spec().statuses.iter();
    let rows = statuses.map(|status| [status.status.to_owned(), status.help.to_owned()]);
    table(["exit status", "meaning"], rows)
}

fn visible(command: Command) -> impl Iterator<Item = &'static OptionSpec> {
    OptionSpec::of_command(command).filter(|option| !option.hidden)
}

fn forms(option: &OptionSpec) -> String {
    let forms = option.forms();
    let forms: Vec<String> = forms.split(", ").map(code).collect();
    forms.join(", ")
}

/// What an option does, the words that its value may be, the default.
fn effect(option: &OptionSpec, value: Option<Value>) -> String {
    let default = value.and_then(|value| value.default);
    let words = option.words();
    let mut text = option.full_help().to_owned();
    if let (true, Some(default)) = (words.is_empty(), default) {
        let _ = write!(text, " (default: {})", code(default));
    }
    for word in words {
        let is_default = default == Some(word.word);
        let note = if is_default { " (the default)" } else { "" };
        let _ = write!(text, "<br>{}{note}: {}", code(word.word), word.help);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(tables: &[&str]) -> String {
        let table = |name: &&str| format!("text\n{BEGIN}{name}{BEGIN_ENDS}\nOLD ROW\n{END}\n");
        tables.iter().map(table).collect()
    }

    #[test]
    fn tables_are_renewed_and_the_rest_is_kept() {
        let names: Vec<&str> = TABLES.iter().map(|(name, _)| *name).collect();
        let once = renewed(&document(&names)).unwrap();
        assert!(!once.contains("OLD ROW"), "{once}");
        assert_eq!(once.matches("text\n").count(), TABLES.len());
        assert_eq!(renewed(&once), Ok(once.clone()));
    }

    #[test]
    fn wrong_markers_are_named_by_line() {
        let unknown = renewed(&document(&["commands", "nothing"])).unwrap_err();
        assert!(
            unknown
                .to_string()
                .starts_with("line 6: there is no table \"nothing\""),
            "{unknown}"
        );
        let unclosed = format!("{BEGIN}commands{BEGIN_ENDS}\n");
        let unclosed = renewed(&unclosed);
        assert_eq!(unclosed, Err(MarkerError::Unclosed { line: 1 }));
        let missing = renewed(&document(&["commands"])).unwrap_err();
        assert!(missing.to_string().contains("options of run"), "{missing}");
    }

    /// Every option is in one of the tables, in its forms.
    #[test]
    fn the_tables_have_every_option() {
        let all: String = TABLES.iter().map(|(_, make)| make()).collect();
        for option in crate::OPTIONS.iter().filter(|option| !option.hidden) {
            let is_shown = |text: String| all.contains(&text.replace('|', r"\|"));
            let is_help = option.effect == crate::Effect::Help;
            assert!(option.commands.is_empty() || is_help || is_shown(forms(option)));
            if let Some(x) = option.x {
                assert!(is_shown(format!(" `-X {}{}` ", x.name, x.value)));
            }
            if let Some(variable) = option.variable {
                assert!(all.contains(variable.name), "{}", variable.name);
            }
        }
    }
}
