//! `pyt help`: prints the help of a command.

use std::ffi::OsString;

use pyt_options::{
    Command, Positional,
    help::{self, Topic},
};

use crate::{
    given::{BAD_USAGE, Given},
    stdout,
};

/// Runs `pyt help`. Returns the exit status.
pub(crate) fn run(arguments: &[OsString]) -> i32 {
    let given = match Given::parse(Command::Help, arguments) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let name: Option<String> = given.operand(Positional::Command);
    let command = name
        .as_deref()
        .map_or(Some(Command::Python), Command::named);
    match command {
        Some(command) => stdout::print(&help::text(Topic::Command(command), "pyt")),
        None => {
            let name = name.unwrap_or_default();
            eprintln!("pyt help: there is no command {name:?}: `pyt help` lists the commands");
            BAD_USAGE
        }
    }
}
