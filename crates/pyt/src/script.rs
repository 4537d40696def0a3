//! The interpreter that a script's schedules run in: the same for `pyt explore` and `pyt replay`.
//! And which program `sys.executable` is.

use std::{
    ffi::{OsStr, OsString},
    path::{Path, PathBuf},
};

use pyt_runtime::{Error, Options, Runtime};

/// An interpreter with `script` and `args` in `sys.argv`. `signals`: whether Ctrl-C raises
/// `KeyboardInterrupt` in the script.
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
    // The same hashes in every run, so that each run can be repeated.
    options.hash_seed = options.hash_seed.or(Some(0));
    options.executable = executable(program);
    options.program_name = Some(program.to_string_lossy().into_owned());
    options.install_signal_handlers &= signals;
    Runtime::builder().options(options).build()
}

/// The absolute path that this program was started by, with its links unresolved: beside a link
/// there may be an environment (`pyvenv.cfg`).
pub(crate) fn executable(program: &OsStr) -> Option<PathBuf> {
    let given = Path::new(program);
    let found = if given.components().count() > 1 {
        let folder = std::env::current_dir().ok()?;
        Some(folder.join(given.strip_prefix(".").unwrap_or(given)))
    } else {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders)
            .map(|folder| folder.join(given))
            .find(|path| path.is_file())
    };
    found.filter(|path| path.is_absolute() && path.is_file())
}
