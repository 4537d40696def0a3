//! Runs under schedules of one's choice, and the search for those that fail.
//!
//! A run is made by a seed or a recorded schedule. The same seed makes the same run, on every
//! machine: who goes on at each decision point, the time, random numbers and hashes all come from
//! it.

mod explorer;
mod method;
mod script;
mod stage;

pub use explorer::{Exploration, Explored};
pub use method::{Method, UnknownMethod};
pub use pyt_explore::{
    Failure, Found, Outcome, Shard, Tally,
    search::{Progress, sampling::Kind},
};
use pyt_modules::sched::controlled::{Run, Strategy};
pub use pyt_modules::sites::{Granularity, UnknownGranularity};
use rustpython_vm::{PyResult, VirtualMachine};

use crate::{Program, Runtime, run};
use stage::Stage;

/// After so many steps a run is taken for an endless loop, unless told otherwise.
pub const MAX_STEPS: u64 = 1_000_000;

/// One run, by its seed.
#[derive(Clone, Copy, Debug)]
pub struct Seeded {
    /// What everything comes from.
    pub seed: u64,
    /// The kind of strategy that the seed makes.
    pub strategy: Kind,
    /// After so many steps the run is taken for an endless loop.
    pub max_steps: u64,
}

impl Seeded {
    /// The run that `seed` makes, all else as it is by default.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            strategy: Kind::default(),
            max_steps: MAX_STEPS,
        }
    }
}

impl Runtime {
    /// As [`Runtime::main`], under the schedule that `seeded` makes. The exit status is 3 if all
    /// threads came to wait for each other, and 1 after too many steps.
    pub fn main_seeded(self, program: Program, seeded: Seeded) -> i32 {
        let strategy = seeded.strategy.strategy(seeded.seed);
        let (status, interrupted) = self.enter(|vm| {
            let performed = self.perform(vm, program, strategy, seeded);
            performed.unwrap_or_else(|raised| run::conclude(vm, &raised))
        });
        self.end_main(status, interrupted)
    }

    fn perform(
        &self,
        vm: &VirtualMachine,
        program: Program,
        strategy: Box<dyn Strategy>,
        seeded: Seeded,
    ) -> PyResult<(i32, bool)> {
        let stage = Stage::new(false, vm)?;
        let run = Run {
            strategy,
            max_steps: seeded.max_steps,
            traced: false,
            with_places: false,
            on_standstill: None,
        };
        let performance = stage.perform(run, seeded.seed, |vm| self.start(vm, program), vm)?;
        if let Some(failure) = &performance.outcome.failure {
            use pyt_explore::Failure::{Deadlock, EndlessLoop};
            if matches!(failure, Deadlock { .. } | EndlessLoop { .. }) {
                eprintln!("pyt: {failure}");
            }
        }
        Ok((performance.status, performance.interrupted))
    }
}
