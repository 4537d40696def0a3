//! What is written down about an option.

use crate::{Command, Effect};

/// An option: all forms of it, its help, and the commands that take it.
///
/// A row has at least one form: a short or long option of [`commands`](Self::commands), an `-X`
/// name, or an environment variable.
#[derive(Clone, Copy, Debug)]
pub struct OptionSpec {
    /// What it does.
    pub effect: Effect,
    /// The letter of the short form: `'c'` for `-c`.
    pub short: Option<char>,
    /// The long form, without its dashes.
    pub long: Option<&'static str>,
    /// The value of the short and the long form, if they take one.
    pub value: Option<Value>,
    /// The commands that take the short and the long form. `-X` names belong to each command that
    /// takes `-X`, variables to all commands.
    pub commands: &'static [Command],
    /// The form `-X NAME`.
    pub x: Option<XName>,
    /// The environment variable.
    pub variable: Option<Variable>,
    /// One line for `--help` and for completions: no full stop, no Markdown.
    pub help: &'static str,
    /// The same in full, for the tables of `docs/cli.md`, in Markdown; `help` if empty.
    pub long_help: &'static str,
    /// Whether it is in no help: an internal option, or one that CPython accepts without effect.
    pub hidden: bool,
}

/// The value of a short or long option.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    /// How help names it: `CODE`.
    pub name: &'static str,
    /// What it may be.
    pub kind: ValueKind,
    /// The value that counts if the option is absent, as it would be written.
    pub default: Option<&'static str>,
}

/// What the value of an option may be.
#[derive(Clone, Copy, Debug)]
pub enum ValueKind {
    /// Any text.
    Text,
    /// The name of a Python module.
    Module,
    /// Names of packages and modules, with `*` and `?`, parted by commas; may be repeated.
    Packages,
    /// `NAME` or `NAME=VALUE` of an `-X` option.
    XOption,
    /// One of these words.
    OneOf(&'static [Word]),
    /// One of these words, or a word that follows the pattern of one of them (`pct:DEPTH`).
    Pattern(&'static [Word]),
    /// A number from `least` to `most`.
    Number {
        /// The least number.
        least: u64,
        /// The greatest number.
        most: u64,
    },
    /// A number of seconds, with a fraction or without.
    Seconds,
    /// `I/N`: a part of a whole.
    Part,
    /// A folder.
    Folder,
    /// A file.
    File,
}

/// A word that a value may be, and what it means.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// The word. What follows a colon in it is a placeholder: `pct:DEPTH`.
    pub word: &'static str,
    /// What it means: one line without a full stop.
    pub help: &'static str,
}

/// The form `-X NAME[=VALUE]` of an option.
#[derive(Clone, Copy, Debug)]
pub struct XName {
    /// The name.
    pub name: &'static str,
    /// The form of the value with its equals sign (`=0|1`, `[=0|1]`); empty if there is none.
    pub value: &'static str,
}

/// The environment variable of an option.
#[derive(Clone, Copy, Debug)]
pub struct Variable {
    /// The name.
    pub name: &'static str,
    /// The form of its value, where it is not that of the `-X` option.
    pub value: &'static str,
}

impl OptionSpec {
    pub(crate) const fn new(effect: Effect, help: &'static str) -> Self {
        Self {
            effect,
            short: None,
            long: None,
            value: None,
            commands: &[],
            x: None,
            variable: None,
            help,
            long_help: "",
            hidden: false,
        }
    }

    pub(crate) const fn short(mut self, letter: char) -> Self {
        self.short = Some(letter);
        self
    }

    pub(crate) const fn long(mut self, name: &'static str) -> Self {
        self.long = Some(name);
        self
    }

    pub(crate) const fn takes(mut self, name: &'static str, kind: ValueKind) -> Self {
        self.value = Some(Value {
            name,
            kind,
            default: None,
        });
        self
    }

    pub(crate) const fn takes_or(
        mut self,
        name: &'static str,
        kind: ValueKind,
        default: &'static str,
    ) -> Self {
        self.value = Some(Value {
            name,
            kind,
            default: Some(default),
        });
        self
    }

    pub(crate) const fn of(mut self, commands: &'static [Command]) -> Self {
        self.commands = commands;
        self
    }

    pub(crate) const fn x(mut self, name: &'static str, value: &'static str) -> Self {
        self.x = Some(XName { name, value });
        self
    }

    pub(crate) const fn variable(mut self, name: &'static str, value: &'static str) -> Self {
        self.variable = Some(Variable { name, value });
        self
    }

    pub(crate) const fn long_help(mut self, text: &'static str) -> Self {
        self.long_help = text;
        self
    }

    pub(crate) const fn hidden(mut self) -> Self {
        self.hidden = true;
        self
    }

    /// The option as messages name it: `--seed`, `-c`, or else `-X gil`, or else the variable.
    #[must_use]
    pub fn name(&self) -> String {
        match (self.long, self.short, self.x, self.variable) {
            (Some(long), ..) => format!("--{long}"),
            (_, Some(short), ..) => format!("-{short}"),
            (_, _, Some(x), _) => format!("-X {}", x.name),
            (_, _, _, Some(variable)) => variable.name.to_owned(),
            _ => String::new(),
        }
    }

    /// The short and long form with the value: `-V, --version`, `--seed N`.
    #[must_use]
    pub fn forms(&self) -> String {
        let short = self.short.map(|letter| format!("-{letter}"));
        let long = self.long.map(|name| format!("--{name}"));
        let mut forms: Vec<String> = short.into_iter().chain(long).collect();
        if let (Some(value), Some(last)) = (self.value, forms.last_mut()) {
            last.push(' ');
            last.push_str(value.name);
        }
        forms.join(", ")
    }

    /// The full help, in Markdown.
    #[must_use]
    pub fn full_help(&self) -> &'static str {
        if self.long_help.is_empty() {
            self.help
        } else {
            self.long_help
        }
    }

    /// The words that the value may be; empty for other values.
    #[must_use]
    pub fn words(&self) -> &'static [Word] {
        match self.value.map(|value| value.kind) {
            Some(ValueKind::OneOf(words) | ValueKind::Pattern(words)) => words,
            _ => &[],
        }
    }
}
