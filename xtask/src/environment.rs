//! Running other programs, and the environment of those that build pyt.

use std::{env, process::Command};

use crate::tree::Result;

/// What `cargo run` sets for this program: variables that begin so.
const OF_THIS_PROGRAM: &[&str] = &[
    "CARGO_PKG_",
    "CARGO_MANIFEST_",
    "CARGO_BIN_",
    "CARGO_CRATE_",
];

/// Takes from a command what `cargo run` has set for this program. Build scripts watch some of
/// these variables (ring's does): with them the interpreter would be built anew.
pub(crate) fn without_own(command: &mut Command) -> &mut Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if OF_THIS_PROGRAM.iter().any(|begin| text.starts_with(begin)) {
            command.env_remove(&name);
        }
    }
    command
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or does not succeed.
pub(crate) fn succeed(command: &mut Command) -> Result<()> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{}: {status}", command.get_program().display())),
        Err(error) => Err(format!("{}: {error}", command.get_program().display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Tests are run by cargo, which sets them as `cargo run` does.
    #[test]
    fn variables_of_this_program_are_taken_away() {
        assert!(env::var_os("CARGO_PKG_NAME").is_some());
        let mut command = Command::new("true");
        let removed = without_own(&mut command).get_envs();
        let removed: Vec<_> = removed.filter(|(_, value)| value.is_none()).collect();
        assert!(removed.iter().any(|(name, _)| *name == "CARGO_PKG_NAME"));
        assert!(removed.iter().all(|(name, _)| *name != "PATH"));
    }
}
