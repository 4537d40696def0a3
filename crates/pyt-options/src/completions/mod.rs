//! Scripts that complete commands, options and their values in a shell.

mod bash;
mod fish;
mod offers;
mod shell;
mod zsh;

pub use shell::Shell;

/// The script for a shell.
#[must_use]
pub fn script(shell: Shell) -> String {
    match shell {
        Shell::Bash => bash::script(),
        Shell::Zsh => zsh::script(),
        Shell::Fish => fish::script(),
    }
}

#[cfg(test)]
mod tests {
    use super::{
        offers::{forms, offered, x_options},
        *,
    };
    use crate::{Command, OptionSpec};

    #[test]
    fn scripts_offer_every_option_and_command() {
        for shell in Shell::ALL {
            let script = script(shell);
            for command in Command::ALL {
                assert!(
                    script.contains(command.spec().name),
                    "{shell:?} {command:?}"
                );
                for option in offered(command) {
                    let is_there = match (shell, option.long) {
                        (Shell::Fish, Some(long)) => script.contains(&format!("-l {long}")),
                        (Shell::Fish, None) => option
                            .short
                            .is_some_and(|letter| script.contains(&format!("-s {letter}"))),
                        _ => forms(option).iter().all(|form| script.contains(form)),
                    };
                    assert!(is_there, "{shell:?}: {}", option.name());
                }
            }
            for (_, x) in OptionSpec::with_x() {
                assert!(script.contains(x.name), "{shell:?}: -X {}", x.name);
            }
        }
    }

    #[test]
    fn hidden_options_are_not_offered() {
        for shell in Shell::ALL {
            let script = script(shell);
            for form in ["--first", "-l first", "--job ", "-l job "] {
                assert!(!script.contains(form), "{shell:?}: {form}");
            }
        }
    }

    #[test]
    fn x_options_are_completed_with_their_values() {
        let found = x_options();
        for expected in [
            "gil=0",
            "gil=1",
            "dev",
            "utf8",
            "utf8=1",
            "cpu_count=",
            "cpu_count=default",
        ] {
            assert!(
                found.iter().any(|word| word == expected),
                "{expected} in {found:?}"
            );
        }
        assert!(!found.iter().any(|word| word == "gil"), "{found:?}");
    }

    #[test]
    fn shells_are_found_by_name() {
        for shell in Shell::ALL {
            assert_eq!(Shell::named(shell.name()), Some(shell));
        }
        assert_eq!(Shell::named("sh"), None);
    }
}
