//! Every option of the `pyt` command, in one table, and what is made from it.
//!
//! - [`OPTIONS`] has a row for each option: its short and long form, its `-X` name, its environment
//!   variable, its help, the commands that take it. [`COMMANDS`] has a row for each command.
//! - [`arguments`] reads the arguments of `python` and `pyt run`, as CPython reads its own.
//! - [`help`] makes `--help`, `--help-xoptions`, `--help-env`, `--help-all`.
//! - [`completions`] makes the scripts that complete commands and options in bash, zsh and fish.
//! - [`pages`] lists the pages of documentation that `pyt help` shows, and renders them.
//! - [`documentation`] makes the tables of `docs/cli.md`.
//!
//! What an option does is not known here: this crate knows no runtime, no interpreter and no other
//! crate, so that its tests take seconds. `README.md` says how an option is added.
//!
//! ```
//! use pyt_options::{Command, Effect, OptionSpec};
//!
//! let gil = OptionSpec::find(None, Effect::Gil).expect("a row");
//! assert_eq!(gil.x.map(|x| x.name), Some("gil"));
//! assert_eq!(gil.variable.map(|variable| variable.name), Some("PYTHON_GIL"));
//!
//! let seed = OptionSpec::find(Some(Command::Run), Effect::Seed).expect("a row");
//! assert_eq!(seed.long, Some("seed"));
//! ```

pub mod arguments;
mod command;
pub mod completions;
pub mod documentation;
mod effect;
pub mod help;
pub mod pages;
mod spec;
mod table;
mod words;

pub use command::{COMMANDS, Command, CommandSpec, Example, Operand, Positional, Status};
pub use effect::Effect;
pub use spec::{OptionSpec, Value, ValueKind, Variable, Word, XName};
pub use table::OPTIONS;
