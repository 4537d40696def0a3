//! What the `-X` options do, and which of their values CPython refuses.
//!
//! Their names come from the table of options. Unknown names are kept for `sys._xoptions` and
//! otherwise ignored, as in CPython. Never reads the environment: `environment` does, and
//! leaves what an option has decided alone.

use std::num::NonZeroI32;

use pyt_options::{Effect, OptionSpec};

use crate::config::options::{Deadlocks, OptionError, Options, Tier};

impl Options {
    /// Applies the collected `-X` options to the settings they stand for.
    ///
    /// # Errors
    /// A value that CPython refuses too.
    pub fn apply_xoptions(&mut self) -> Result<(), OptionError> {
        for (option, x) in OptionSpec::with_x() {
            let Some(value) = self.xoption(x.name) else {
                continue;
            };
            let value = value.map(str::to_owned);
            self.apply_xoption(option, x.name, value.as_deref())?;
        }
        Ok(())
    }

    fn apply_xoption(
        &mut self,
        option: &OptionSpec,
        name: &str,
        value: Option<&str>,
    ) -> Result<(), OptionError> {
        let refused = |message: &str| Err(OptionError::new(message));
        match option.effect {
            Effect::Gil => self.gil = parse_gil(value)?,
            Effect::Tier => self.tier = parse_tier(value)?,
            Effect::Deadlock => self.deadlocks = parse_deadlocks(value.unwrap_or_default())?,
            Effect::Timeline => match value {
                Some(file) if !file.is_empty() => self.timeline = Some(file.into()),
                _ => return refused("-X timeline must name a file: -X timeline=FILE"),
            },
            Effect::Utf8Mode => {
                self.utf8_mode = Some(match value {
                    None | Some("1") => true,
                    Some("0") => false,
                    Some(_) => {
                        return Err(OptionError::early(format!(
                            "preconfig_init_utf8_mode: invalid -X {name} option value"
                        )));
                    }
                });
            }
            Effect::CpuCount => self.cpu_count = parse_cpu_count(value)?,
            Effect::IntMaxStrDigits => {
                self.int_max_str_digits = parse_int_max_str_digits(&format!("-X {name}"), value)?;
            }
            Effect::ThreadInheritContext => {
                self.thread_inherit_context = parse_switch_of(name, value)?;
            }
            Effect::ContextAwareWarnings => {
                self.context_aware_warnings = parse_switch_of(name, value)?;
            }
            Effect::FrozenModules => {
                if !matches!(value, None | Some("on" | "off" | "")) {
                    return refused(
                        "bad value for option -X frozen_modules (expected \"on\" or \"off\")",
                    );
                }
            }
            Effect::ImportTime => {
                if !matches!(value, None | Some("1" | "2")) {
                    return refused(
                        "config_init_import_time: -X importtime: values other than 1 and 2 are \
                         reserved for future use.",
                    );
                }
            }
            Effect::TraceMalloc => {
                let is_count = |text: &str| text.parse::<u16>().is_ok_and(|frames| frames > 0);
                if !value.is_none_or(is_count) {
                    return refused(
                        "config_init_tracemalloc: -X tracemalloc=NFRAME: invalid number of frames",
                    );
                }
            }
            Effect::DevMode => {
                self.dev_mode = true;
                self.faulthandler = true;
            }
            Effect::FaultHandler => self.faulthandler = true,
            Effect::WarnDefaultEncoding => self.warn_default_encoding = true,
            Effect::NoDebugRanges => self.code_debug_ranges = false,
            Effect::NoInterruptHandler => self.install_signal_handlers = false,
            // A test goes through the table.
            _ => return Err(OptionError::new(format!("-X {name} is not implemented"))),
        }
        Ok(())
    }
}

pub(crate) fn parse_gil(value: Option<&str>) -> Result<bool, OptionError> {
    parse_switch(value).ok_or_else(|| {
        OptionError::new(r#"config_read_gil: PYTHON_GIL / -X gil must be "0" or "1""#)
    })
}

pub(crate) fn parse_tier(value: Option<&str>) -> Result<Tier, OptionError> {
    value.unwrap_or_default().parse().map_err(|_| {
        let message = r#"PYT_TIER / -X tier must be "0", "1", "info", "dump" or "eager""#;
        OptionError::new(message)
    })
}

fn parse_deadlocks(value: &str) -> Result<Deadlocks, OptionError> {
    value
        .parse()
        .map_err(|_| OptionError::new(r#"-X deadlock must be "report", "abort" or "ignore""#))
}

pub(crate) fn parse_switch(value: Option<&str>) -> Option<bool> {
    match value {
        Some("0") => Some(false),
        Some("1") => Some(true),
        _ => None,
    }
}

fn parse_switch_of(name: &str, value: Option<&str>) -> Result<bool, OptionError> {
    parse_switch(value).ok_or_else(|| {
        OptionError::new(format!(
            "config_init_{name}: -X {name}=n: n is missing or invalid"
        ))
    })
}

pub(crate) fn parse_cpu_count(value: Option<&str>) -> Result<Option<NonZeroI32>, OptionError> {
    match value {
        Some("default") => Ok(None),
        Some(number) if number.parse::<i32>().is_ok_and(|n| n > 0) => {
            Ok(number.parse::<NonZeroI32>().ok())
        }
        _ => Err(OptionError::new(
            "config_init_cpu_count: -X cpu_count=n option: n is missing or an invalid number, \
             n must be greater than 0",
        )),
    }
}

pub(crate) fn parse_int_max_str_digits(
    source: &str,
    value: Option<&str>,
) -> Result<i64, OptionError> {
    match value.and_then(|digits| digits.parse::<i32>().ok()) {
        Some(digits) if digits == 0 || digits >= 640 => Ok(digits.into()),
        _ => Err(OptionError::new(format!(
            "config_init_int_max_str_digits: {source}: invalid limit; must be >= 640 or 0 for \
             unlimited."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applied(given: &[(&str, Option<&str>)]) -> Result<Options, OptionError> {
        let mut options = Options::python();
        options.xoptions = given
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)))
            .collect();
        options.apply_xoptions()?;
        Ok(options)
    }

    #[test]
    fn gil_is_a_switch_and_the_last_one_counts() {
        assert!(!applied(&[("gil", Some("0"))]).unwrap().gil);
        assert!(
            applied(&[("gil", Some("0")), ("gil", Some("1"))])
                .unwrap()
                .gil
        );
        for bad in [None, Some(""), Some("2"), Some("yes")] {
            let message = applied(&[("gil", bad)]).unwrap_err().to_string();
            assert_eq!(
                message,
                "Fatal Python error: config_read_gil: PYTHON_GIL / -X gil must be \"0\" or \"1\"\n\
                 Python runtime state: preinitialized"
            );
        }
    }

    #[test]
    fn numbers_have_their_ranges() {
        assert_eq!(
            applied(&[("cpu_count", Some("default"))])
                .unwrap()
                .cpu_count,
            None
        );
        let three = applied(&[("cpu_count", Some("3"))]).unwrap().cpu_count;
        assert_eq!(three.map(NonZeroI32::get), Some(3));
        for bad in [None, Some("0"), Some("-1"), Some("x"), Some("99999999999")] {
            assert!(applied(&[("cpu_count", bad)]).is_err(), "{bad:?}");
        }
        for bad in [None, Some("1"), Some("639"), Some("-1"), Some("x")] {
            assert!(applied(&[("int_max_str_digits", bad)]).is_err(), "{bad:?}");
        }
        let unlimited = applied(&[("int_max_str_digits", Some("0"))]).unwrap();
        assert_eq!(unlimited.int_max_str_digits, 0);
    }

    #[test]
    fn deadlock_names_what_to_do() {
        for (name, expected) in [
            ("ignore", Deadlocks::Ignore),
            ("report", Deadlocks::Report),
            ("abort", Deadlocks::Abort),
        ] {
            let options = applied(&[("deadlock", Some(name))]).unwrap();
            assert_eq!(options.deadlocks, expected);
        }
        assert_eq!(applied(&[]).unwrap().deadlocks, Deadlocks::Report);
        for bad in [None, Some(""), Some("Abort"), Some("0")] {
            assert!(applied(&[("deadlock", bad)]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn unknown_names_are_kept_and_ignored() {
        let options = applied(&[("flavour", Some("mild")), ("importtime", None)]).unwrap();
        assert_eq!(options.xoption("flavour"), Some(Some("mild")));
        assert_eq!(options.xoption("colour"), None);
    }

    #[test]
    fn dev_mode_brings_its_filter_and_faulthandler() {
        let mut options = applied(&[("dev", None)]).unwrap();
        options.warnings.push("ignore".to_owned());
        options.bytes_warning = 2;
        assert!(options.dev_mode && options.faulthandler);
        assert_eq!(
            options.warn_options(),
            ["default", "ignore", "error::BytesWarning"]
        );
    }

    /// Every `-X` option of the table has an effect here.
    #[test]
    fn every_x_option_is_applied() {
        for (_, x) in OptionSpec::with_x() {
            let value = match x.value.trim_matches(['[', ']', '=']) {
                "" => None,
                "N" => Some("1000"),
                values => values.split('|').next_back(),
            };
            let found = applied(&[(x.name, value)]);
            assert!(found.is_ok(), "-X {}: {found:?}", x.name);
        }
    }
}
