//! The help texts of the `python` command, and printing that survives a closed pipe.

use std::io::Write;

use crate::invocation::Help;

/// Writes to standard output. A reader that has gone away is no error. Returns the exit status.
pub(crate) fn print(text: &str) -> i32 {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            eprintln!("pyt: cannot write: {error}");
            1
        }
        _ => 0,
    }
}

/// The line that CPython shows after a wrong option.
pub(crate) fn usage_line(program: &str) -> String {
    format!("usage: {program} [option] ... [-c cmd | -m mod | file | -] [arg] ...")
}

/// A help text.
pub(crate) fn help(which: Help, program: &str) -> String {
    match which {
        Help::Usage => format!("{}\n{USAGE}", usage_line(program)),
        Help::Environment => ENVIRONMENT.to_owned(),
        Help::XOptions => X_OPTIONS.to_owned(),
        Help::All => format!(
            "{}\n{USAGE}\n{X_OPTIONS}\n{ENVIRONMENT}",
            usage_line(program)
        ),
    }
}

const USAGE: &str = "
pyt is a Python 3.14 whose threads you control. It takes the place of `python`, and adds:

  pyt run [--seed N] ...         run a program: --seed, --virtual-time, --deadlock
  pyt explore SCRIPT             run a script under many schedules, find races and deadlocks
  pyt replay FILE                run a failure that was found again
  pyt doc FILE...                run the Python code blocks of documents
  pyt help COMMAND               what a command does, with examples

Options, which may be joined (-Bc CODE), and the variables that do the same:
  -b            warn when bytes and str are mixed up; -bb: raise
  -B            write no .pyc files                          PYTHONDONTWRITEBYTECODE=1
  -c CODE       run this text; ends the options
  -d            debug the parser (accepted, without effect)  PYTHONDEBUG=1
  -E            ignore all PYTHON* variables
  -h, --help    this text
  -i            prompt after the program has ended           PYTHONINSPECT=1
  -I            isolate from the user: -E, -P and -s
  -m MODULE     run this module; ends the options
  -O            leave out assert statements                  PYTHONOPTIMIZE=1
  -OO           leave out docstrings as well                 PYTHONOPTIMIZE=2
  -P            keep the program's folder off sys.path       PYTHONSAFEPATH=1
  -q            no banner at the prompt
  -s            keep the user's site folder off sys.path     PYTHONNOUSERSITE=1
  -S            do not import site
  -u            do not buffer output                         PYTHONUNBUFFERED=1
  -v            trace imports; -vv: in more detail           PYTHONVERBOSE=1
  -V, --version the version; -VV: in more detail
  -W FILTER     action:message:category:module:lineno        PYTHONWARNINGS=FILTER,...
  -x            skip the first line of the program
  -X NAME[=VALUE]  set an option of the implementation: see --help-xoptions
  --check-hash-based-pycs always|default|never
  --help-env, --help-xoptions, --help-all

Without a file, or with -, the program comes from standard input; on a terminal that is a prompt.
";

const X_OPTIONS: &str = "\
Options of the implementation (-X NAME[=VALUE]), and the variables that do the same:
  gil=1|0       one thread at a time (the default), or all at once    PYTHON_GIL
  context_aware_warnings=0|1                                          PYTHON_CONTEXT_AWARE_WARNINGS
  deadlock=report|abort|ignore  when threads wait for one another for ever
  cpu_count=N|default   what os.cpu_count() says                      PYTHON_CPU_COUNT
  dev           development mode                                      PYTHONDEVMODE
  faulthandler  show Python tracebacks on fatal signals               PYTHONFAULTHANDLER
  int_max_str_digits=N  the longest int to convert; 0 for any         PYTHONINTMAXSTRDIGITS
  no_debug_ranges       no columns in tracebacks                      PYTHONNODEBUGRANGES
  thread_inherit_context=0|1   threads start with their maker's context variables
                                                                      PYTHON_THREAD_INHERIT_CONTEXT
  utf8[=0|1]    UTF-8 mode                                            PYTHONUTF8
  warn_default_encoding                                               PYTHONWARNDEFAULTENCODING
Others go to sys._xoptions and have no effect.
";

const ENVIRONMENT: &str = "\
Variables without an option of their own:
  PYTHONPATH        folders to import from first
  PYTHONHASHSEED    random, or a number from 0 to 4294967295 for the same hashes each time
  PYTHONIOENCODING  encoding[:errors] of the standard streams
  PYTHONSTARTUP     a file to run before the first prompt
  PYTHON_HISTORY    where the history of the prompt is kept
  PYTHONUSERBASE    the folder above the user's site folder
The others stand beside their options in --help and --help-xoptions. -E and -I ignore them all.
";
