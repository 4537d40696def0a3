//! The progress of an exploration: a line on a terminal, shown after two seconds.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pyt_runtime::explore::{ExploreOptions, ExploreResult};

/// An exploration that takes less shows no progress.
const PROGRESS_DELAY: Duration = Duration::from_secs(2);

pub(super) struct ProgressLine {
    began: Instant,
    bar: Option<ProgressBar>,
    shown: bool,
    total: Total,
}

/// What the bar counts up to.
#[derive(Clone, Copy)]
enum Total {
    Schedules(u64),
    Time(Duration),
    Unknown,
}

impl ProgressLine {
    pub(super) fn of(options: &ExploreOptions) -> Self {
        let total = match (options.time, options.schedules) {
            (Some(time), _) => Total::Time(time),
            (None, Some(schedules)) => Total::Schedules(schedules),
            (None, None) => Total::Unknown,
        };
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            let (length, shape) = match total {
                Total::Schedules(schedules) => (schedules, "{bar:30} "),
                Total::Time(time) => (time.as_secs().max(1), "{bar:30} "),
                Total::Unknown => (0, "{spinner} "),
            };
            bar.set_length(length);
            if let Ok(style) = ProgressStyle::with_template(&format!("{shape}{{msg}}")) {
                bar.set_style(style);
            }
            bar
        });
        Self {
            began: Instant::now(),
            bar,
            shown: false,
            total,
        }
    }

    pub(super) fn show(&mut self, result: &ExploreResult) {
        let Some(bar) = &self.bar else { return };
        let elapsed = self.began.elapsed();
        if elapsed < PROGRESS_DELAY {
            return;
        }
        if !std::mem::replace(&mut self.shown, true) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let runs = result.tally.runs();
        bar.set_position(match self.total {
            Total::Time(_) => elapsed.as_secs(),
            _ => runs,
        });
        let checks = match result.checks {
            0 => String::new(),
            checks => format!(", {checks} checks"),
        };
        bar.set_message(format!(
            "{runs} schedules, {:.0}/s, {}, {} failed{checks}",
            (runs + result.checks) as f64 / elapsed.as_secs_f64(),
            match result.tally.distinct() {
                1 => String::from("1 outcome"),
                distinct => format!("{distinct} outcomes"),
            },
            result.tally.failures(),
        ));
    }
}

impl Drop for ProgressLine {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
