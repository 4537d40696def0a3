//! What a run leaves open besides which thread goes on: how time passes, which task of an event
//! loop goes next, and which faults there are. The options of the command line, as values.

use std::{fmt, str::FromStr, time::Duration};

use pyt_sched::controlled::Fault;

/// How far deadlines may be away that pass early, unless `jitter` says otherwise.
const USUAL_JITTER: Duration = Duration::from_millis(10);

/// With `any`, how far deadlines may be away that pass early. Some programs wait for centuries
/// where they mean for ever: dates so far away have no representation.
const MAX_LEAP: Duration = Duration::from_secs(24 * 60 * 60);

/// How time passes in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ClockMode {
    /// Only when no thread can go on, up to the first deadline.
    #[default]
    Exact,
    /// Code takes up to this long: deadlines that are no further away may pass before it goes on.
    Jitter(Duration),
    /// Any deadline may pass at any step.
    Any,
}

impl ClockMode {
    /// How far deadlines may be away that pass while threads could go on.
    #[must_use]
    pub const fn slack(self) -> Duration {
        match self {
            Self::Exact => Duration::ZERO,
            Self::Jitter(most) => most,
            Self::Any => MAX_LEAP,
        }
    }
}

impl fmt::Display for ClockMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact => f.write_str("exact"),
            Self::Jitter(most) => write!(f, "jitter={}", most.as_secs_f64()),
            Self::Any => f.write_str("any"),
        }
    }
}

/// Text that is the value of none of these options.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?}: expected {expected}")]
pub struct UnknownMode {
    text: String,
    expected: &'static str,
}

fn unknown(text: &str, expected: &'static str) -> UnknownMode {
    UnknownMode {
        text: text.to_owned(),
        expected,
    }
}

impl FromStr for ClockMode {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let wrong = || unknown(text, "exact, jitter, jitter=SECONDS or any");
        match text.split_once('=') {
            None if text == "exact" => Ok(Self::Exact),
            None if text == "jitter" => Ok(Self::Jitter(USUAL_JITTER)),
            None if text == "any" => Ok(Self::Any),
            Some(("jitter", seconds)) => {
                let seconds: f64 = seconds.parse().map_err(|_| wrong())?;
                let most = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
                Ok(Self::Jitter(most.min(MAX_LEAP)))
            }
            _ => Err(wrong()),
        }
    }
}

/// Which ready task of an event loop of `asyncio` goes next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TaskOrder {
    /// The one that became ready first, as the documentation of `asyncio` says.
    #[default]
    Fifo,
    /// Any.
    Any,
}

impl fmt::Display for TaskOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fifo => "fifo",
            Self::Any => "any",
        })
    }
}

impl FromStr for TaskOrder {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        match text {
            "fifo" => Ok(Self::Fifo),
            "any" => Ok(Self::Any),
            _ => Err(unknown(text, "fifo or any")),
        }
    }
}

/// The faults that runs have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Injections {
    /// The cyclic garbage collector runs before some step.
    pub gc: bool,
    /// A task is cancelled where it awaits something.
    pub cancel: bool,
    /// Ctrl-C reaches the main thread before some step.
    pub interrupt: bool,
    /// This signal reaches the main thread before some step: its name and number.
    pub signal: Option<(&'static str, i32)>,
}

/// Signals that a program can handle, by name, where their numbers are the same on all systems that
/// have them or known to this crate.
const SIGNALS: [(&str, i32); 4] = [
    ("SIGHUP", 1),
    ("SIGINT", 2),
    ("SIGALRM", 14),
    ("SIGTERM", 15),
];

impl Injections {
    /// The faults that happen before a step of a thread, other than to tasks.
    pub fn faults(self) -> Vec<Fault> {
        let signal = self.signal.map(|(_, number)| Fault::Signal(number));
        [
            self.gc.then_some(Fault::Gc),
            self.interrupt.then_some(Fault::Interrupt),
            signal,
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl fmt::Display for Injections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let signal = self.signal.map(|(name, _)| format!("signal:{name}"));
        let names = [
            self.gc.then_some("gc"),
            self.cancel.then_some("cancel"),
            self.interrupt.then_some("interrupt"),
            signal.as_deref(),
        ];
        let names: Vec<_> = names.into_iter().flatten().collect();
        f.write_str(&names.join(","))
    }
}

impl FromStr for Injections {
    type Err = UnknownMode;

    fn from_str(text: &str) -> Result<Self, UnknownMode> {
        let mut all = Self::default();
        for name in text.split(',').filter(|name| !name.is_empty()) {
            match name.split_once(':') {
                None if name == "gc" => all.gc = true,
                None if name == "cancel" => all.cancel = true,
                None if name == "interrupt" => all.interrupt = true,
                Some(("signal", signal)) => {
                    let known = SIGNALS.into_iter().find(|(known, _)| *known == signal);
                    let expected = "signal:SIGHUP, signal:SIGINT, signal:SIGALRM or signal:SIGTERM";
                    all.signal = Some(known.ok_or_else(|| unknown(name, expected))?);
                }
                _ => {
                    let expected = "gc, cancel, interrupt or signal:NAME";
                    return Err(unknown(name, expected));
                }
            }
        }
        Ok(all)
    }
}

/// What a run leaves open besides which thread goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// How time passes.
    pub clock: ClockMode,
    /// Which ready task goes next.
    pub tasks: TaskOrder,
    /// The faults.
    pub inject: Injections,
}

impl Open {
    /// The names of its fields in schedule files: those of the options.
    pub(crate) const FIELDS: [&str; 3] = ["clock", "asyncio", "inject"];

    /// Why an exhaustive search proves nothing, if it leaves out what this leaves open.
    #[must_use]
    pub fn not_enumerated(self) -> Option<&'static str> {
        let other = Self {
            tasks: self.tasks,
            ..Self::default()
        };
        (self != other).then_some(
            "other moments for deadlines and faults: they are drawn, not enumerated (--clock, --inject)",
        )
    }

    /// The fields of a schedule file that differ from the defaults.
    pub(crate) fn fields(self) -> impl Iterator<Item = (&'static str, String)> {
        let usual = Self::default();
        let [clock, tasks, inject] = Self::FIELDS;
        [
            (self.clock != usual.clock).then(|| (clock, self.clock.to_string())),
            (self.tasks != usual.tasks).then(|| (tasks, self.tasks.to_string())),
            (self.inject != usual.inject).then(|| (inject, self.inject.to_string())),
        ]
        .into_iter()
        .flatten()
    }

    /// Sets the field of this name. False if `text` is not a value of it.
    pub(crate) fn set(&mut self, name: &str, text: &str) -> bool {
        match name {
            "clock" => text.parse().map(|clock| self.clock = clock).is_ok(),
            "asyncio" => text.parse().map(|tasks| self.tasks = tasks).is_ok(),
            "inject" => text.parse().map(|inject| self.inject = inject).is_ok(),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        for text in ["exact", "jitter=0.25", "any"] {
            let clock: ClockMode = text.parse().unwrap();
            assert_eq!(clock.to_string(), text);
        }
        assert_eq!("jitter".parse(), Ok(ClockMode::Jitter(USUAL_JITTER)));
        for text in ["fifo", "any"] {
            assert_eq!(text.parse::<TaskOrder>().unwrap().to_string(), text);
        }
        for text in ["", "gc", "gc,cancel,interrupt,signal:SIGTERM"] {
            assert_eq!(text.parse::<Injections>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn wrong_values_are_refused() {
        for text in ["", "jitter=", "jitter=-1", "jitter=inf", "exact=1", "never"] {
            assert!(text.parse::<ClockMode>().is_err(), "{text}");
        }
        for text in ["gc,fork", "signal", "signal:SIGKILL", "cancel:1"] {
            assert!(text.parse::<Injections>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_proof_leaves_out_no_moment_of_a_deadline() {
        assert_eq!(Open::default().not_enumerated(), None);
        let jitter = Open {
            clock: ClockMode::Any,
            ..Open::default()
        };
        assert!(jitter.not_enumerated().is_some());
    }
}
