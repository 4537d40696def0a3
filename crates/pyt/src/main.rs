//! The `pyt` command: what `python` does, and `pyt run`, `pyt doc`.
//!
//! Reads arguments and shows results. Whatever a host could want too lives in `pyt-runtime`.

mod cli;
mod doc;
mod explore;
mod heap;
mod invocation;
mod python;
mod pythonapi;
mod replay;
mod script;
#[cfg(target_os = "linux")]
mod stack_overflow;
mod stdout;

use std::{ffi::OsString, path::Path};

fn main() {
    #[cfg(target_os = "linux")]
    stack_overflow::leave_to_the_system();
    heap::begin();
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_else(|| "pyt".into());
    let args: Vec<OsString> = args.collect();
    let status = match subcommand(&args) {
        Some("run") => python::run(&program, &args[1..]),
        Some("explore") => explore::run(&program, &args[1..]),
        Some("replay") => replay::run(&program, &args[1..]),
        Some("doc") => doc::run(&args[1..]),
        Some("help") => cli::help(&args[1..]),
        _ => python::python(&program, &args),
    };
    std::process::exit(status);
}

/// The subcommand that the first argument names. A file of that name is a script instead, as
/// `python run` means the script.
fn subcommand(args: &[OsString]) -> Option<&str> {
    let word = args.first()?.to_str()?;
    let is_known = cli::SUBCOMMANDS.contains(&word);
    (is_known && !Path::new(word).is_file()).then_some(word)
}
