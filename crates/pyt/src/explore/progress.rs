//! The line that moves while an exploration goes on, on a terminal, after two seconds.

use std::{
    io::IsTerminal,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pyt_runtime::explore::{Exploration, Explored};

/// What takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(2);

pub(super) struct Progress {
    began: Instant,
    bar: Option<ProgressBar>,
    shown: bool,
    end: End,
}

/// When the search will have ended.
#[derive(Clone, Copy)]
enum End {
    Schedules(u64),
    Time(Duration),
    Unknown,
}

impl Progress {
    pub(super) fn of(exploration: &Exploration) -> Self {
        let end = match (exploration.time, exploration.schedules) {
            (Some(time), _) => End::Time(time),
            (None, Some(schedules)) => End::Schedules(schedules),
            (None, None) => End::Unknown,
        };
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
            let (length, shape) = match end {
                End::Schedules(schedules) => (schedules, "{bar:30} "),
                End::Time(time) => (time.as_secs().max(1), "{bar:30} "),
                End::Unknown => (0, "{spinner} "),
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
            end,
        }
    }

    pub(super) fn show(&mut self, explored: &Explored) {
        let Some(bar) = &self.bar else { return };
        let elapsed = self.began.elapsed();
        if elapsed < PATIENCE {
            return;
        }
        if !std::mem::replace(&mut self.shown, true) {
            bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        let runs = explored.tally.runs();
        bar.set_position(match self.end {
            End::Time(_) => elapsed.as_secs(),
            _ => runs,
        });
        bar.set_message(format!(
            "{runs} schedules, {:.0}/s, {} outcomes, {} failed",
            runs as f64 / elapsed.as_secs_f64(),
            explored.tally.distinct(),
            explored.tally.failures(),
        ));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
