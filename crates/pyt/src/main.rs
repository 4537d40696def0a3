//! The `pyt` command: `pyt` in the place of `python`, `pyt run`, `pyt explore`, `pyt replay`,
//! `pyt doc`, `pyt completions`, `pyt help`.
//!
//! Reads arguments and shows results. The options stand in the table of `pyt-options`. What a host
//! can use too is in `pyt-runtime`; nothing here knows RustPython, but for the C functions of
//! `ctypes.pythonapi`.

mod completions;
mod doc;
mod errors;
mod explore;
mod given;
mod heap;
mod help;
mod invocation;
mod python;
mod pythonapi;
mod refused;
mod replay;
mod script;
#[cfg(target_os = "linux")]
mod stack_overflow;
mod stdout;

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use pyt_options::Command;

fn main() {
    #[cfg(target_os = "linux")]
    stack_overflow::leave_to_the_system();
    heap::begin();
    // Hosts run sandboxes with this program.
    #[cfg(all(target_os = "linux", feature = "sandbox"))]
    pyt_runtime::sandbox::child_main();
    let mut args = std::env::args_os();
    let program = args.next().unwrap_or_else(|| "pyt".into());
    let args: Vec<OsString> = args.collect();
    // SAFETY: no thread has been started.
    unsafe { pyt_runtime::arguments::make_unicode() };
    let (command, args) = match args.split_first() {
        Some((word, rest)) => match subcommand(word) {
            Some(command) => (command, rest),
            None => (Command::Python, &*args),
        },
        None => (Command::Python, &*args),
    };
    let status = match command {
        Command::Python | Command::Run => python::run(command, &program, args),
        Command::Explore => explore::run(&program, args),
        Command::Replay => replay::run(&program, args),
        Command::Doc => doc::run(&program, args),
        Command::Completions => completions::run(args),
        Command::Help => help::run(args),
    };
    // Python's status for a script that cannot be opened.
    if command == Command::Python
        && status == given::BAD_USAGE
        && let Some(text) = args.first().and_then(|word| refused::meant(word))
    {
        eprintln!("{text}");
    }
    std::process::exit(status);
}

/// The subcommand that the first argument names. If there is a file of that name, the argument is a
/// script instead, as in `python run`.
fn subcommand(word: &OsStr) -> Option<Command> {
    let command = Command::named(word.to_str()?)?;
    (!Path::new(word).is_file()).then_some(command)
}
