//! The `PYTHON*` environment variables, as CPython reads them.
//!
//! Their names come from the table of options, their values from a function, so that a host (and a
//! test) decides what they are. They are applied after the command line was read and
//! [`Options::apply_xoptions`] was called: options win over variables, which are then not even
//! checked.

use std::ffi::{OsStr, OsString};

use pyt_options::{Effect, OptionSpec};

use crate::{
    config::options::{OptionError, Options},
    config::xoptions::{
        parse_cpu_count, parse_gil, parse_int_max_str_digits, parse_switch, parse_tier,
    },
};

impl Options {
    /// Applies the environment variables that `variable` gives, unless
    /// [`Options::ignore_environment`] is set. Empty variables count as unset.
    ///
    /// # Errors
    /// A value that CPython refuses too.
    pub fn apply_environment(
        &mut self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(), OptionError> {
        if self.ignore_environment {
            return Ok(());
        }
        for (option, known) in OptionSpec::with_variable() {
            let value = variable(known.name).filter(|value| !value.is_empty());
            let is_decided = option.x.is_some_and(|x| self.xoption(x.name).is_some());
            if let (Some(value), false) = (value, is_decided) {
                self.apply_variable(option, known.name, &value)?;
            }
        }
        Ok(())
    }

    fn apply_variable(
        &mut self,
        option: &OptionSpec,
        name: &str,
        value: &OsStr,
    ) -> Result<(), OptionError> {
        let text = value.to_string_lossy();
        let at_least = |setting: &mut u8| *setting = (*setting).max(count(&text));
        match option.effect {
            Effect::Optimize => at_least(&mut self.optimize),
            Effect::Verbose => at_least(&mut self.verbose),
            Effect::ParserDebug => at_least(&mut self.parser_debug),
            Effect::Inspect => self.inspect = true,
            Effect::Unbuffered => self.unbuffered = true,
            Effect::DontWriteBytecode => self.dont_write_bytecode = true,
            Effect::NoUserSite => self.no_user_site = true,
            Effect::SafePath => self.safe_path = true,
            Effect::FaultHandler => self.faulthandler = true,
            Effect::WarnDefaultEncoding => self.warn_default_encoding = true,
            Effect::NoDebugRanges => self.code_debug_ranges = false,
            Effect::DevMode => {
                self.dev_mode = true;
                self.faulthandler = true;
            }
            Effect::Gil => self.gil = parse_gil(Some(&text))?,
            Effect::Tier => self.tier = parse_tier(Some(&text))?,
            // What the command line says counts.
            Effect::Timeline => {
                self.timeline.get_or_insert_with(|| value.into());
            }
            Effect::Utf8Mode => {
                self.utf8_mode = Some(parse_switch(Some(&text)).ok_or_else(|| {
                    OptionError::early(format!(
                        "preconfig_init_utf8_mode: invalid {name} environment variable value"
                    ))
                })?);
            }
            Effect::CpuCount => self.cpu_count = parse_cpu_count(Some(&text))?,
            Effect::IntMaxStrDigits => {
                self.int_max_str_digits = parse_int_max_str_digits(name, Some(&text))?;
            }
            Effect::ThreadInheritContext => {
                self.thread_inherit_context = switch(option, name, &text)?;
            }
            Effect::ContextAwareWarnings => {
                self.context_aware_warnings = switch(option, name, &text)?;
            }
            Effect::HashSeed => {
                if text != "random" {
                    self.hash_seed = Some(text.parse().map_err(|_| {
                        OptionError::new(format!(
                            "config_init_hash_seed: {name} must be \"random\" or an integer in \
                             range [0; 4294967295]"
                        ))
                    })?);
                }
            }
            Effect::IoEncoding => {
                let (encoding, errors) = text.split_once(':').unwrap_or((&text, ""));
                let given = |part: &str| (!part.is_empty()).then(|| part.to_owned());
                self.stdio_encoding = given(encoding);
                self.stdio_errors = given(errors);
            }
            Effect::WarningFilter => {
                let filters = text.split(',').map(str::to_owned);
                self.warnings.splice(0..0, filters);
            }
            Effect::SearchPaths => {
                let folders = std::env::split_paths(value);
                self.search_paths
                    .extend(folders.map(|folder| folder.to_string_lossy().into_owned()));
            }
            // The prompt and `site` read them where they need them.
            Effect::StartupFile | Effect::History | Effect::UserBase => {}
            // A test goes through the table.
            _ => return Err(OptionError::new(format!("{name} is not implemented"))),
        }
        Ok(())
    }
}

/// A variable that counts: anything but a number from 0 to 255 means 1.
fn count(text: &str) -> u8 {
    match text.trim().parse::<i64>() {
        Ok(number) => u8::try_from(number).unwrap_or(1),
        Err(_) => 1,
    }
}

fn switch(option: &OptionSpec, name: &str, text: &str) -> Result<bool, OptionError> {
    let x = option.x.map(|x| x.name).unwrap_or_default();
    parse_switch(Some(text)).ok_or_else(|| {
        OptionError::new(format!(
            "config_init_{x}: {name}=N: N is missing or invalid"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(variables: &[(&str, &str)]) -> Result<Options, OptionError> {
        apply(Options::python(), variables)
    }

    fn apply(mut options: Options, variables: &[(&str, &str)]) -> Result<Options, OptionError> {
        options.apply_environment(|name| {
            let found = variables.iter().find(|(given, _)| *given == name);
            found.map(|(_, value)| OsString::from(value))
        })?;
        Ok(options)
    }

    #[test]
    fn counts_take_numbers_and_anything_else_is_one() {
        for (value, expected) in [("2", 2), ("abc", 1), ("0", 0), ("", 0), ("-4", 1)] {
            let options = with(&[("PYTHONOPTIMIZE", value)]).unwrap();
            assert_eq!(options.optimize, expected, "{value:?}");
        }
    }

    #[test]
    fn hash_seed_must_fit() {
        assert_eq!(with(&[("PYTHONHASHSEED", "0")]).unwrap().hash_seed, Some(0));
        assert_eq!(
            with(&[("PYTHONHASHSEED", "random")]).unwrap().hash_seed,
            None
        );
        assert_eq!(with(&[("PYTHONHASHSEED", "")]).unwrap().hash_seed, None);
        for bad in ["abc", "-1", "4294967296", "1.5"] {
            let message = with(&[("PYTHONHASHSEED", bad)]).unwrap_err().to_string();
            assert!(
                message.contains("PYTHONHASHSEED must be \"random\""),
                "{message}"
            );
        }
    }

    #[test]
    fn an_option_wins_over_its_variable() {
        let mut options = Options::python();
        options
            .xoptions
            .push(("gil".to_owned(), Some("1".to_owned())));
        assert!(apply(options, &[("PYTHON_GIL", "junk")]).unwrap().gil);
        assert!(!with(&[("PYTHON_GIL", "0")]).unwrap().gil);
        assert!(with(&[("PYTHON_GIL", "junk")]).is_err());
    }

    #[test]
    fn isolated_options_read_nothing() {
        let options = apply(Options::default(), &[("PYTHONHASHSEED", "junk")]).unwrap();
        assert_eq!(options.hash_seed, None);
    }

    #[test]
    fn variables_give_filters_before_flags() {
        let mut options = Options::python();
        options.warnings.push("error".to_owned());
        let options = apply(options, &[("PYTHONWARNINGS", "once,always")]).unwrap();
        assert_eq!(options.warnings, ["once", "always", "error"]);
    }

    #[test]
    fn encoding_and_errors_are_parted_by_a_colon() {
        let options = with(&[("PYTHONIOENCODING", ":replace")]).unwrap();
        assert_eq!(options.stdio_encoding, None);
        assert_eq!(options.stdio_errors.as_deref(), Some("replace"));
    }

    /// Every variable of the table has an effect here, or says that it has none.
    #[test]
    fn every_variable_is_applied() {
        for (_, known) in OptionSpec::with_variable() {
            // All of them take it: a number, a file, a folder, an encoding.
            let value = if known.name == "PYTHONINTMAXSTRDIGITS" {
                "1000"
            } else {
                "1"
            };
            let found = with(&[(known.name, value)]);
            assert!(found.is_ok(), "{}: {found:?}", known.name);
        }
    }
}
