//! `pyt` in the place of `python`, and `pyt run`.

use std::{
    ffi::{OsStr, OsString},
    io::IsTerminal,
};

use pyt_options::{Command, help};
use pyt_runtime::{Options, Program, RUSTPYTHON_VERSION, Runtime, python_version};

use crate::{
    given::BAD_USAGE,
    invocation::{self, Action, Invocation, UsageError},
    script, stdout,
};

/// Runs `pyt [OPTION...] [-c CODE | -m MODULE | FILE | -] [ARG...]`, or `pyt run`, which takes more
/// options. Returns the exit status.
pub(crate) fn run(command: Command, program: &OsStr, arguments: &[OsString]) -> i32 {
    let name = program.to_string_lossy();
    match invocation::parse(command, arguments.iter().cloned()) {
        Ok(Invocation {
            action: Action::Help(topic),
            ..
        }) => stdout::print(&help::text(topic, &name)),
        Ok(invocation) => start(program, invocation),
        Err(error) => refuse(command, &error, &name),
    }
}

fn refuse(command: Command, UsageError(message): &UsageError, program: &str) -> i32 {
    eprintln!("{message}");
    eprintln!("{}", help::usage_line(command, program));
    // The quotes are CPython's.
    match command {
        Command::Python => eprintln!("Try `pyt -h' for more information."),
        _ => eprintln!(
            "Try `{} --help' for more information.",
            command.spec().line()
        ),
    }
    BAD_USAGE
}

fn start(program: &OsStr, invocation: Invocation) -> i32 {
    let Invocation {
        mut options,
        action,
        seeded,
    } = invocation;
    if let Action::Version { times } = action {
        return stdout::print(&version(times));
    }
    let configured = options
        .apply_xoptions()
        .and_then(|()| options.apply_environment(|name| std::env::var_os(name)));
    if let Err(error) = configured {
        eprintln!("{error}\n");
        return 1;
    }
    let program_to_run = match what_to_run(action, &options) {
        Ok(program) => program,
        Err(message) => {
            eprintln!("{message}");
            return 1;
        }
    };
    if seeded.is_some() {
        // The same hashes in every run, whatever its seed, so that each run can be repeated.
        options.hash_seed = options.hash_seed.or(Some(0));
    }
    options.executable = script::executable(program);
    options.program_name = Some(program.to_string_lossy().into_owned());
    match Runtime::builder().options(options).build() {
        Ok(runtime) => match seeded {
            Some(seeded) => runtime.main_seeded(program_to_run, seeded),
            None => runtime.main(program_to_run),
        },
        Err(error) => {
            eprint!("{}", error.traceback());
            eprintln!("Fatal Python error: {error}");
            1
        }
    }
}

fn what_to_run(action: Action, options: &Options) -> Result<Program, String> {
    let decode = |text: OsString, what: &str| {
        text.into_string()
            .map_err(|_| format!("Unable to decode the {what} from the command line:"))
    };
    Ok(match action {
        Action::Command(text) => Program::Command(decode(text, "command")?),
        Action::Module(name) => Program::Module(decode(name, "module name")?),
        Action::File(path) => Program::File(path.into()),
        _ if options.interactive || std::io::stdin().is_terminal() => {
            Program::Interactive { banner: banner() }
        }
        _ => Program::Stdin,
    })
}

fn version(times: u8) -> String {
    let python = python_version();
    let pyt = env!("CARGO_PKG_VERSION");
    match times {
        0 | 1 => format!("Python {python} (pyt {pyt})\n"),
        _ => format!("Python {python} (pyt {pyt}, RustPython {RUSTPYTHON_VERSION})\n"),
    }
}

fn banner() -> String {
    format!(
        "pyt {} (Python {}, RustPython {RUSTPYTHON_VERSION}) on {}\n\
         Type \"help\", \"copyright\", \"credits\" or \"license\" for more information.",
        env!("CARGO_PKG_VERSION"),
        python_version(),
        std::env::consts::OS
    )
}
