//! `pyt help`: the help of a command, or a page of the documentation.

mod pager;
mod texts;

use std::{ffi::OsString, io::IsTerminal};

use pyt_options::{
    Command, Positional,
    help::{self, Topic},
    pages::{self, Look, PAGES, Page},
};

use crate::{
    given::{BAD_USAGE, Given},
    stdout,
};

/// How wide a page is where there is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 80;
/// How wide a page is at most: longer lines are hard to read. Tables of help have the same limit.
const MOST_WIDTH: usize = 100;

/// Runs `pyt help`. Returns the exit status.
pub(crate) fn run(arguments: &[OsString]) -> i32 {
    let given = match Given::parse(Command::Help, arguments) {
        Ok(given) => given,
        Err(status) => return status,
    };
    let Some(name) = given.operand::<String>(Positional::Command) else {
        return stdout::print(&help::overview());
    };
    if let Some(command) = Command::named(&name) {
        return stdout::print(&help::text(Topic::Command(command), "pyt"));
    }
    match Page::named(&name) {
        Some(page) => show(page),
        None => {
            eprintln!("pyt help: {}", unknown(&name));
            BAD_USAGE
        }
    }
}

fn show(page: &Page) -> i32 {
    let is_terminal = std::io::stdout().is_terminal();
    let look = Look {
        width: stdout::width()
            .unwrap_or(WIDTH_WITHOUT_TERMINAL)
            .min(MOST_WIDTH),
        colour: is_terminal && stdout::takes_colour(),
    };
    let text = pages::rendered(texts::of(page), Some(page), look);
    if is_terminal && std::io::stdin().is_terminal() && pager::show(&text) {
        return 0;
    }
    stdout::print(&text)
}

/// What is said of a name that is none.
fn unknown(name: &str) -> String {
    let commands = Command::subcommands().map(|command| command.spec().name);
    let names = commands.chain(PAGES.iter().map(|page| page.name));
    let near = pages::nearest(name, names);
    let like = if near.is_empty() {
        String::new()
    } else {
        format!(" (similar: {})", near.join(", "))
    };
    format!("there is no command or topic {name:?}{like}: `pyt help` lists them")
}
