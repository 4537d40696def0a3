//! The `PYTHON*` environment variables, as CPython reads them.
//!
//! The variables come in through a function, so that a host (and a test) decides what they are.
//! Call it after the command line was read and [`Options::apply_xoptions`] has run: flags and
//! `-X` options win over variables, which are then not even checked.

use std::ffi::OsString;

use crate::{
    options::{OptionError, Options},
    xoptions::{parse_cpu_count, parse_gil, parse_int_max_str_digits, parse_switch},
};

impl Options {
    /// Applies the environment variables that `variable` gives, unless
    /// [`Options::ignore_environment`] is set. Empty variables count as unset.
    pub fn apply_environment(
        &mut self,
        variable: impl Fn(&str) -> Option<OsString>,
    ) -> Result<(), OptionError> {
        if self.ignore_environment {
            return Ok(());
        }
        let get = |name: &str| variable(name).filter(|value| !value.is_empty());
        let text = |name: &str| get(name).map(|value| value.to_string_lossy().into_owned());
        let is_set = |name: &str| get(name).is_some();
        // A count; anything else than a number means 1, as does a negative number.
        let count = |name: &str| {
            text(name).map_or(0, |value| match value.trim().parse::<i64>() {
                Ok(number) => u8::try_from(number).unwrap_or(1),
                Err(_) => 1,
            })
        };

        self.optimize = self.optimize.max(count("PYTHONOPTIMIZE"));
        self.verbose = self.verbose.max(count("PYTHONVERBOSE"));
        self.parser_debug = self.parser_debug.max(count("PYTHONDEBUG"));
        self.inspect |= is_set("PYTHONINSPECT");
        self.unbuffered |= is_set("PYTHONUNBUFFERED");
        self.dont_write_bytecode |= is_set("PYTHONDONTWRITEBYTECODE");
        self.no_user_site |= is_set("PYTHONNOUSERSITE");
        self.safe_path |= is_set("PYTHONSAFEPATH");
        self.faulthandler |= is_set("PYTHONFAULTHANDLER");
        self.warn_default_encoding |= is_set("PYTHONWARNDEFAULTENCODING");
        if is_set("PYTHONNODEBUGRANGES") {
            self.code_debug_ranges = false;
        }
        if is_set("PYTHONDEVMODE") {
            self.dev_mode = true;
            self.faulthandler = true;
        }

        if self.xoption("gil").is_none()
            && let Some(value) = text("PYTHON_GIL")
        {
            self.gil = parse_gil(Some(&value))?;
        }
        if self.xoption("utf8").is_none()
            && let Some(value) = text("PYTHONUTF8")
        {
            self.utf8_mode = Some(parse_switch(Some(&value)).ok_or_else(|| {
                OptionError::early(
                    "preconfig_init_utf8_mode: invalid PYTHONUTF8 environment variable value",
                )
            })?);
        }
        if self.xoption("cpu_count").is_none()
            && let Some(value) = text("PYTHON_CPU_COUNT")
        {
            self.cpu_count = parse_cpu_count(Some(&value))?;
        }
        if self.xoption("int_max_str_digits").is_none()
            && let Some(value) = text("PYTHONINTMAXSTRDIGITS")
        {
            self.int_max_str_digits =
                parse_int_max_str_digits("PYTHONINTMAXSTRDIGITS", Some(&value))?;
        }
        let switch = |option: &str, name: &str, setting: &mut bool| match text(name) {
            Some(value) if !self.xoptions.iter().any(|(given, _)| given == option) => {
                *setting = parse_switch(Some(&value)).ok_or_else(|| {
                    OptionError::new(format!(
                        "config_init_{option}: {name}=N: N is missing or invalid"
                    ))
                })?;
                Ok(())
            }
            _ => Ok::<(), OptionError>(()),
        };
        switch(
            "thread_inherit_context",
            "PYTHON_THREAD_INHERIT_CONTEXT",
            &mut self.thread_inherit_context,
        )?;
        switch(
            "context_aware_warnings",
            "PYTHON_CONTEXT_AWARE_WARNINGS",
            &mut self.context_aware_warnings,
        )?;

        if let Some(value) = text("PYTHONHASHSEED")
            && value != "random"
        {
            self.hash_seed = Some(value.parse::<u32>().map_err(|_| {
                OptionError::new(
                    "config_init_hash_seed: PYTHONHASHSEED must be \"random\" or an integer in \
                     range [0; 4294967295]",
                )
            })?);
        }
        if let Some(value) = text("PYTHONIOENCODING") {
            let (encoding, errors) = value.split_once(':').unwrap_or((&value, ""));
            let given = |part: &str| (!part.is_empty()).then(|| part.to_owned());
            self.stdio_encoding = given(encoding);
            self.stdio_errors = given(errors);
        }
        if let Some(value) = text("PYTHONWARNINGS") {
            let filters = value.split(',').map(str::to_owned);
            self.warnings.splice(0..0, filters);
        }
        if let Some(value) = get("PYTHONPATH") {
            let folders = std::env::split_paths(&value);
            self.search_paths
                .extend(folders.map(|folder| folder.to_string_lossy().into_owned()));
        }
        Ok(())
    }
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
}
