//! The subcommands, and the help that teaches them.

use std::{ffi::OsString, path::PathBuf};

use clap::{CommandFactory, Parser, Subcommand};

use crate::stdout;

/// The words that are subcommands when they come first.
pub(crate) const SUBCOMMANDS: [&str; 5] = ["run", "explore", "replay", "doc", "help"];

/// What `pyt run` takes.
pub(crate) const RUN_USAGE: &str = "[--seed N] [--virtual-time] [--deadlock=report|abort|ignore] [python options] [-c CODE | -m MODULE | FILE | -] [ARG]...";

#[derive(Debug, Parser)]
#[command(
    name = "pyt",
    version,
    about = "The Python runtime whose threads you control",
    disable_help_subcommand = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Run(Run),
    Explore(crate::explore::Arguments),
    Replay(crate::replay::Arguments),
    Doc(Doc),
}

/// What the words after a subcommand's name ask for. Else it has been told already, and the process
/// is to end with this status: 2, or 0 after help.
pub(crate) fn parsed(subcommand: &str, given: &[OsString]) -> Result<Command, i32> {
    let words = ["pyt".into(), subcommand.into()].into_iter();
    match Cli::try_parse_from(words.chain(given.iter().cloned())) {
        Ok(cli) => Ok(cli.command),
        Err(error) if error.use_stderr() => {
            // Standard error is where this would be reported.
            let _ = error.print();
            Err(2)
        }
        Err(help) => Err(stdout::print(&help.render().to_string())),
    }
}

/// Runs a Python program, with all options of `python` and those of pyt
#[derive(Debug, clap::Args)]
#[command(
    override_usage = format!("pyt run {RUN_USAGE}"),
    after_help = "\
Examples:
  pyt run server.py --port 8000      as `python server.py --port 8000`
  pyt run --virtual-time jobs.py     sleeps and timeouts pass at once, in the same order
  pyt run --seed 42 jobs.py          the one schedule that this seed makes, in every run
  pyt run --deadlock=abort jobs.py   a deadlock ends the program: exit status 3, and a report
  pyt run -X gil=0 primes.py         all threads run at once, on all cores
  pyt run -c 'print(6 * 7)'          as `python -c`
  pyt run -m json.tool data.json     as `python -m`
  echo 'print(1)' | pyt run -        the program comes from standard input

Every option of `python` goes before the program, joined or not: -I -E -s -S -u -B -O -q -v -W -X
-i -P -b. `pyt --help` lists them. The exit status is the program's. Ctrl-\\ prints what each
thread is doing."
)]
pub(crate) struct Run {
    /// Let sleeps and timeouts pass at once, in the same order, on a virtual clock
    #[arg(long)]
    virtual_time: bool,
    /// What to do when threads wait for one another for ever: report (the default), abort (report,
    /// then end with exit status 3) or ignore
    #[arg(long, value_name = "MODE")]
    deadlock: Option<String>,
    /// Run under the one schedule that this seed makes, in virtual time; exit status 3 if all
    /// threads come to wait for each other
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
    /// With --seed, what decides who goes on: mix (the default), random, pos, pct:DEPTH or
    /// round-robin, as in `pyt explore`
    #[arg(long, value_name = "NAME")]
    strategy: Option<String>,
    /// With --seed, take the program for an endless loop after so many steps (200000)
    #[arg(long, value_name = "N")]
    max_steps: Option<u64>,
    /// Set an option of the implementation, such as gil=0 or dev
    #[arg(short = 'X', value_name = "NAME[=VALUE]")]
    x: Vec<String>,
    /// Run this text
    #[arg(short = 'c', value_name = "CODE")]
    command: Option<String>,
    /// Run this module
    #[arg(short = 'm', value_name = "MODULE")]
    module: Option<String>,
    /// The program, a folder or zip file with a __main__.py, or - for standard input
    file: Option<PathBuf>,
    /// What the program finds in sys.argv
    #[arg(value_name = "ARG")]
    args: Vec<String>,
}

/// Runs the Python code blocks of documents, and shows what each prints
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  pyt doc README.md                  runs every ```python block, in order, in one namespace
  pyt doc --isolated tutorial.md     gives each block a namespace of its own
  pyt doc --real-time intro.txt      lets sleep() take its time
  pyt doc docs/*.md > report.txt     plain text, for a file or a pipe

Blocks are fenced by ``` or ~~~ and marked python, py, python3 or pycon. After a block, its threads
are joined and its daemon threads are stopped. Time is virtual: sleeps and timeouts pass at once.

The exit status is 0 if all blocks passed, 1 if one raised, 2 if a document could not be read.")]
pub(crate) struct Doc {
    /// Documents to run; - is standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Run each block in a namespace of its own
    #[arg(long)]
    pub(crate) isolated: bool,
    /// Let sleeps and timeouts take as long as they say
    #[arg(long)]
    pub(crate) real_time: bool,
    /// Show at most this many lines of a block's output
    #[arg(long, value_name = "N", default_value_t = 40)]
    pub(crate) max_lines: usize,
    /// Show how long each block took, in real time
    #[arg(long)]
    pub(crate) timings: bool,
    /// Set an option of the implementation, such as gil=0 or dev
    #[arg(short = 'X', value_name = "NAME[=VALUE]")]
    pub(crate) x: Vec<String>,
}

/// Shows the help of a subcommand, or of them all. Returns the exit status.
pub(crate) fn help(args: &[OsString]) -> i32 {
    let mut command = Cli::command();
    command.build();
    match args.first() {
        None => stdout::print(&stdout::help(crate::invocation::Help::Usage, "pyt")),
        Some(word) => {
            let found = word
                .to_str()
                .and_then(|word| command.find_subcommand_mut(word));
            match found {
                Some(command) => stdout::print(&command.render_long_help().to_string()),
                None => {
                    eprintln!("pyt help: no subcommand {}", word.display());
                    2
                }
            }
        }
    }
}
