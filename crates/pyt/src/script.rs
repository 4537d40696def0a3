//! The interpreter that a script's schedules run in, the same for those that look for failures and
//! those that show one again.

use std::{
    ffi::{OsStr, OsString},
    path::Path,
};

use pyt_runtime::{Error, Options, Runtime};

/// An interpreter that finds `script` and `args` in `sys.argv`; `signals`: whether Ctrl-C is the
/// script's.
pub(crate) fn runtime<T: Into<OsString> + Clone>(
    program: &OsStr,
    script: &Path,
    args: &[T],
    signals: bool,
) -> Result<Runtime, Error> {
    let mut options = Options::python();
    let args = args.iter().cloned().map(Into::into);
    options.argv = std::iter::once(script.into()).chain(args).collect();
    options.apply_environment(|name| std::env::var_os(name))?;
    // The same in every run, so that any can be run again.
    options.hash_seed = options.hash_seed.or(Some(0));
    options.program_name = Some(program.to_string_lossy().into_owned());
    options.install_signal_handlers &= signals;
    Runtime::builder().options(options).build()
}

/// An error as it is shown to users: what and where.
pub(crate) fn told(error: Error) -> String {
    format!("{error}\n{}", error.traceback())
        .trim_end()
        .to_owned()
}
