//! The commands: what their help says besides their options.

/// A command: `python` (the program without a subcommand) or a subcommand of `pyt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Command {
    /// `pyt` in the place of `python`.
    Python,
    /// `pyt run`.
    Run,
    /// `pyt explore`.
    Explore,
    /// `pyt replay`.
    Replay,
    /// `pyt doc`.
    Doc,
    /// `pyt completions`.
    Completions,
    /// `pyt help`.
    Help,
}

/// A command, and the parts of its help that are not options.
#[derive(Clone, Copy, Debug)]
pub struct CommandSpec {
    /// Which one.
    pub command: Command,
    /// The word after `pyt`; empty for [`Command::Python`].
    pub name: &'static str,
    /// What it does: one line without a full stop.
    pub help: &'static str,
    /// What follows the name, in short: for the list of commands.
    pub short_usage: &'static str,
    /// What follows the name, in full.
    pub usage: &'static str,
    /// Its arguments that are no options, in order.
    pub operands: &'static [Operand],
    /// Command lines, and what they do.
    pub examples: &'static [Example],
    /// What else its help says: paragraphs.
    pub notes: &'static [&'static str],
    /// Its exit statuses.
    pub statuses: &'static [Status],
}

/// An argument that is no option.
#[derive(Clone, Copy, Debug)]
pub struct Operand {
    /// Which one.
    pub positional: Positional,
    /// How help names it.
    pub name: &'static str,
    /// What it is: one line without a full stop.
    pub help: &'static str,
    /// Whether it must be there.
    pub required: bool,
    /// Whether there may be several.
    pub repeated: bool,
    /// Whether it follows `--`.
    pub after_dashes: bool,
}

/// What an argument that is no option stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Positional {
    /// A Python program.
    Program,
    /// What the program finds in `sys.argv`.
    Arguments,
    /// A `.schedule` file.
    Schedule,
    /// Documents.
    Documents,
    /// bash, zsh or fish.
    Shell,
    /// A command of pyt, or a page of the documentation.
    Command,
}

/// A command line that help shows.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The command line.
    pub line: &'static str,
    /// What it does: one line without a full stop.
    pub help: &'static str,
}

/// An exit status.
#[derive(Clone, Copy, Debug)]
pub struct Status {
    /// The number, or how the process ends.
    pub status: &'static str,
    /// When: one line without a full stop.
    pub help: &'static str,
}

const fn operand(positional: Positional, name: &'static str, help: &'static str) -> Operand {
    Operand {
        positional,
        name,
        help,
        required: false,
        repeated: false,
        after_dashes: false,
    }
}

const fn example(line: &'static str, help: &'static str) -> Example {
    Example { line, help }
}

const fn status(status: &'static str, help: &'static str) -> Status {
    Status { status, help }
}

/// What `python` and `pyt run` end with.
const PROGRAM_STATUSES: &[Status] = &[
    status("0", "the program ended"),
    status("N", "the program called `sys.exit(N)`"),
    status(
        "1",
        "an uncaught exception, or `sys.exit(\"text\")`; a setting that Python refuses to start \
         with; with `--seed`: more than ten times `--max-steps` steps",
    ),
    status("2", "a file that cannot be opened, or a wrong option"),
    status("3", "a deadlock, with `--deadlock=abort` or `--seed`"),
    status("120", "output could not be written at the end"),
    status(
        "killed by SIGINT",
        "Ctrl-C, so that a shell loop around the program ends too",
    ),
];

/// All commands: `python` first, then the subcommands in the order of the help.
pub const COMMANDS: [CommandSpec; 7] = [
    CommandSpec {
        command: Command::Python,
        name: "",
        help: "Run a Python program, as `python` does",
        short_usage: "PROGRAM",
        usage: "[option] ... [-c cmd | -m mod | file | -] [arg] ...",
        operands: &[
            operand(
                Positional::Program,
                "FILE",
                "a program, a folder or zip file with a __main__.py, or - for standard input",
            ),
            Operand {
                repeated: true,
                ..operand(
                    Positional::Arguments,
                    "ARG",
                    "what the program finds in sys.argv",
                )
            },
        ],
        examples: &[
            example("pyt script.py --verbose", "a file, with its arguments"),
            example("pyt app.zip", "a folder or zip file with a __main__.py"),
            example("pyt -c 'print(6 * 7)'", "text"),
            example("pyt -m http.server 8000", "a module"),
            example("echo 'print(1)' | pyt", "standard input"),
            example("pyt", "a prompt"),
            example("pyt -X gil=0 primes.py", "all threads run at once"),
        ],
        notes: &[
            "Without a file, or with -, the program comes from standard input; on a terminal that \
             is a prompt.",
        ],
        statuses: PROGRAM_STATUSES,
    },
    CommandSpec {
        command: Command::Run,
        name: "run",
        help: "Run a Python program, with the options of `python` and those of pyt",
        short_usage: "PROGRAM",
        usage: "[OPTION]... [-c CODE | -m MODULE | FILE | -] [ARG]...",
        operands: &[
            operand(
                Positional::Program,
                "FILE",
                "a program, a folder or zip file with a __main__.py, or - for standard input",
            ),
            Operand {
                repeated: true,
                ..operand(
                    Positional::Arguments,
                    "ARG",
                    "what the program finds in sys.argv",
                )
            },
        ],
        examples: &[
            example(
                "pyt run server.py --port 8000",
                "as `python server.py --port 8000`",
            ),
            example(
                "pyt run --virtual-time jobs.py",
                "sleeps and timeouts pass at once, in the same order",
            ),
            example(
                "pyt run --seed 42 jobs.py",
                "the one schedule that this seed makes, in every run",
            ),
            example(
                "pyt run --seed 42 --granularity line jobs.py",
                "threads may be switched before each line",
            ),
            example(
                "pyt run --deadlock=abort jobs.py",
                "a deadlock ends the program: a report, and exit status 3",
            ),
            example(
                "pyt run -X gil=0 primes.py",
                "all threads run at once, on all cores",
            ),
            example("pyt run -c 'print(6 * 7)'", "as `python -c`"),
            example("pyt run -m json.tool data.json", "as `python -m`"),
            example(
                "echo 'print(1)' | pyt run -",
                "the program comes from standard input",
            ),
        ],
        notes: &[
            "Options go before the program. The short ones may be joined (-Bc CODE).",
            "Ctrl-\\ prints what each thread is doing.",
        ],
        statuses: PROGRAM_STATUSES,
    },
    CommandSpec {
        command: Command::Explore,
        name: "explore",
        help: "Run a script under many schedules, and report races and deadlocks",
        short_usage: "SCRIPT",
        usage: "[OPTION]... SCRIPT [-- ARG...] | [OPTION]... -m MODULE [ARG...]",
        operands: &[
            operand(Positional::Program, "SCRIPT", "the script"),
            Operand {
                repeated: true,
                after_dashes: true,
                ..operand(
                    Positional::Arguments,
                    "ARG",
                    "what the script finds in sys.argv",
                )
            },
        ],
        examples: &[
            example(
                "pyt explore bank.py",
                "1,000 schedules, a report, a .schedule file per kind of failure",
            ),
            example(
                "pyt explore --time 60 bank.py",
                "as many as a minute allows",
            ),
            example(
                "pyt explore --strategy dpor bank.py",
                "all that differ in what they do: a proof, if it ends",
            ),
            example(
                "pyt explore --same-output sum.py",
                "a schedule with another output is a failure, too",
            ),
            example(
                "pyt explore bank.py -- --accounts 3",
                "the script finds its arguments in sys.argv",
            ),
            example(
                "pyt explore -m bank.main --accounts 3",
                "a module, as with python -m",
            ),
            example(
                "pyt explore --time 60 -m pytest tests",
                "each test that starts threads or event loops",
            ),
            example("pyt replay bank-deadlock.schedule", "runs a failure again"),
            example(
                "pyt run --seed 42 bank.py",
                "runs the one schedule that a seed makes",
            ),
        ],
        notes: &[
            "Each schedule runs the whole, unmodified script from a fresh __main__. Time is \
             virtual, and standard input is empty. A failure is an uncaught exception in any \
             thread, a deadlock, an endless loop, or an exit status other than 0. The report lists \
             the distinct outcomes, how often each came, and a seed that makes it, for \
             `pyt run --seed`.",
            "With -m pytest and -m unittest each test is explored by itself: one that starts \
             neither a thread nor an event loop runs once, as ever. Schedules that fail are kept \
             in the folder .pyt of the project and tried first the next time. In plain \
             `pyt -m pytest`, --pyt-schedules N does the same.",
        ],
        statuses: &[
            status("0", "no schedule failed"),
            status("1", "a schedule failed"),
            status(
                "2",
                "the script cannot be read or compiled, an option is wrong, or a schedule file \
                 cannot be written",
            ),
        ],
    },
    CommandSpec {
        command: Command::Replay,
        name: "replay",
        help: "Run a failure again, as its .schedule file says",
        short_usage: "FILE",
        usage: "[OPTION]... FILE [SCRIPT]",
        operands: &[
            Operand {
                required: true,
                ..operand(Positional::Schedule, "FILE", "the schedule")
            },
            operand(
                Positional::Program,
                "SCRIPT",
                "the script, if it is no longer where the schedule says",
            ),
        ],
        examples: &[
            example(
                "pyt replay bank-deadlock.schedule",
                "the failure again, in every run",
            ),
            example(
                "pyt replay --pdb bank-deadlock.schedule",
                "under the debugger, from the first line",
            ),
            example(
                "pyt replay bank-deadlock.schedule bank.py",
                "where the script has moved",
            ),
        ],
        notes: &[
            "`pyt explore` writes these files. The script must be the same as then: a breakpoint() \
             call in it is a change, --pdb is none.",
        ],
        statuses: &[
            status("0", "no failure"),
            status("1", "the failure has happened again, in whatever thread"),
            status(
                "2",
                "another failure, the file or the script cannot be read, the script has changed, or \
                 an option is wrong",
            ),
        ],
    },
    CommandSpec {
        command: Command::Doc,
        name: "doc",
        help: "Run the Python code blocks of documents, and show what each prints",
        short_usage: "FILE...",
        usage: "[OPTION]... FILE...",
        operands: &[Operand {
            required: true,
            repeated: true,
            ..operand(
                Positional::Documents,
                "FILE",
                "documents to run; - is standard input",
            )
        }],
        examples: &[
            example(
                "pyt doc README.md",
                "runs every ```python block, in order, in one namespace",
            ),
            example(
                "pyt doc --isolated tutorial.md",
                "gives each block a namespace of its own",
            ),
            example(
                "pyt doc --real-time intro.txt",
                "sleep() takes as long as it says",
            ),
            example(
                "pyt doc docs/*.md > report.txt",
                "plain text, for a file or a pipe",
            ),
        ],
        notes: &[
            "Blocks are fenced by ``` or ~~~ and marked python, py, python3 or pycon. After a \
             block, its threads are joined and its daemon threads are stopped. Time is virtual: \
             sleeps and timeouts pass at once.",
        ],
        statuses: &[
            status("0", "all blocks passed"),
            status("1", "a block raised, or a setting is refused"),
            status(
                "2",
                "a document could not be read, or an option is wrong; no block was run",
            ),
            status("130", "Ctrl-C"),
        ],
    },
    CommandSpec {
        command: Command::Completions,
        name: "completions",
        help: "Print a script that completes commands and options in a shell",
        short_usage: "SHELL",
        usage: "bash|zsh|fish",
        operands: &[Operand {
            required: true,
            ..operand(Positional::Shell, "SHELL", "bash, zsh or fish")
        }],
        examples: &[
            example("source <(pyt completions bash)", "in ~/.bashrc"),
            example(
                "source <(pyt completions zsh)",
                "in ~/.zshrc, after compinit",
            ),
            example(
                "pyt completions fish > ~/.config/fish/completions/pyt.fish",
                "once",
            ),
        ],
        notes: &[],
        statuses: &[
            status("0", "the script was printed"),
            status("2", "the shell is not one of these, or an option is wrong"),
        ],
    },
    CommandSpec {
        command: Command::Help,
        name: "help",
        help: "Show what a command does, or a page of the documentation",
        short_usage: "TOPIC",
        usage: "[COMMAND | TOPIC]",
        operands: &[operand(
            Positional::Command,
            "TOPIC",
            "the command or the page; without it, a list of them",
        )],
        examples: &[
            example("pyt help", "lists commands and pages"),
            example("pyt help explore", "as `pyt explore --help`"),
            example(
                "pyt help packages",
                "the page on packages, on the terminal by a pager",
            ),
        ],
        notes: &[
            "A page that is longer than the terminal is shown by PAGER, or by less. Colours are for \
             terminals only; NO_COLOR=1 turns them off.",
        ],
        statuses: &[
            status("0", "the help was printed"),
            status("2", "there is no such command or page"),
        ],
    },
];

impl Command {
    /// All commands.
    pub const ALL: [Self; 7] = [
        Self::Python,
        Self::Run,
        Self::Explore,
        Self::Replay,
        Self::Doc,
        Self::Completions,
        Self::Help,
    ];

    /// What is written down about the command.
    #[must_use]
    pub fn spec(self) -> &'static CommandSpec {
        // The array is in the order of the variants, which a test checks.
        &COMMANDS[self as usize]
    }

    /// The subcommand of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let mut subcommands = Self::subcommands();
        subcommands.find(|command| command.spec().name == name)
    }

    /// All but `python`, in the order of the help.
    pub fn subcommands() -> impl Iterator<Item = Self> {
        Self::ALL
            .into_iter()
            .filter(|command| *command != Self::Python)
    }
}

impl CommandSpec {
    /// The words that start the command: `pyt run`, or `pyt` alone.
    #[must_use]
    pub fn line(&self) -> String {
        format!("pyt {}", self.name).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_in_the_order_of_the_enum() {
        for (command, spec) in Command::ALL.into_iter().zip(&COMMANDS) {
            assert_eq!(command.spec().command, command);
            assert_eq!(spec.command, command);
        }
    }

    #[test]
    fn commands_are_found_by_name() {
        for command in Command::subcommands() {
            assert_eq!(Command::named(command.spec().name), Some(command));
        }
        assert_eq!(Command::named(""), None);
        assert_eq!(Command::named("runs"), None);
    }

    #[test]
    fn each_command_has_examples_and_exit_statuses() {
        for spec in &COMMANDS {
            assert!(!spec.examples.is_empty(), "{}", spec.name);
            assert!(!spec.statuses.is_empty(), "{}", spec.name);
            let has = |example: &Example| example.line.contains(&spec.line());
            assert!(spec.examples.iter().any(has), "{}", spec.name);
        }
    }
}
