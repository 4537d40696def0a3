//! `pyt completions`: prints the script for a shell.

use std::ffi::OsString;

use pyt_options::{
    Command, Positional,
    completions::{self, Shell},
};

use crate::{
    given::{BAD_USAGE, Given},
    stdout,
};

/// Runs `pyt completions`. Returns the exit status.
pub(crate) fn run(arguments: &[OsString]) -> i32 {
    let given = match Given::parse(Command::Completions, arguments) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name: String = given.operand(Positional::Shell).unwrap_or_default();
    match Shell::named(&name) {
        Some(shell) => stdout::print(&completions::script(shell)),
        None => {
            let known = Shell::ALL.map(Shell::name).join(", ");
            eprintln!("pyt completions: there is no script for {name:?}: there are {known}");
            BAD_USAGE
        }
    }
}
