//! A failure, pinned down: the smallest schedule that still fails, and what happens in it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use pyt_explore::{
    Choices, Failure, Found,
    minimize::minimize,
    outcome::Outcome,
    report::{Account, tell, waits},
    strategy::replay::Replay,
};
use pyt_sched::controlled::{RunConfig, Strategy, Stuck, Trace};
use rustpython_vm::{PyResult, VirtualMachine};

use super::{
    Exploration, Explored, Method,
    affinity::OnOneCore,
    runner::{Performance, Stage},
};

/// How many runs the search for a smaller schedule may take.
const BUDGET: u64 = 400;
/// How long it may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How much an account may say, in columns.
const WIDTH: usize = 100;

/// A failure as an exploration has found it.
#[derive(Clone, Debug)]
pub struct Failing {
    /// Why it failed.
    pub failure: Failure,
    /// What it wrote.
    pub output: String,
    /// Where random numbers and the like come from; for a sampled schedule, all of it.
    pub seed: u64,
    /// For [`Failure::DifferentOutput`]: what the output should have been.
    expected: Option<String>,
    /// Who goes on, step by step, where the seed does not say it.
    choices: Option<Choices>,
}

/// A failure with the smallest schedule that was found for it.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Why it fails.
    pub failure: Failure,
    /// What it writes.
    pub output: String,
    /// Where random numbers and the like come from.
    pub seed: u64,
    /// Who goes on, step by step.
    pub choices: Choices,
    /// Switches between threads, in the schedule that was found and in this one.
    pub switches: (usize, usize),
    /// How many runs the search for this one took.
    pub runs: u64,
    /// What happens, told for people: the threads' lines side by side, who is to blame.
    pub told: String,
    /// Whether the run failed again when it was made again. If not, it depends on more than its
    /// schedule, and nothing but its seed is known.
    pub again: bool,
}

impl Failing {
    /// The failures of an exploration that used the base seed `seed`: one of each sort, the first
    /// by schedule number.
    #[must_use]
    pub fn all_of(explored: &Explored, seed: u64) -> Vec<Self> {
        let mut outcomes = explored.tally.outcomes();
        outcomes.sort_by_key(|found| found.first);
        let usual = outcomes.iter().find(|found| !found.failed);
        let expected = usual.and_then(|found| found.outcome.as_ref());
        let mut all: Vec<Self> = Vec::new();
        for found in outcomes {
            let Found {
                failed: true,
                outcome:
                    Some(Outcome {
                        output,
                        failure: Some(failure),
                    }),
                ..
            } = found
            else {
                continue;
            };
            if all.iter().any(|one| one.failure.is_like(failure)) {
                continue;
            }
            let different = matches!(failure, Failure::DifferentOutput);
            let choices = match found.seed {
                Some(_) => None,
                // Of an exhaustive search only the first failure's choices are kept.
                None => explored
                    .first_failures
                    .iter()
                    .find(|(number, _)| *number == found.first)
                    .map(|(_, choices)| choices.clone()),
            };
            if found.seed.is_none() && choices.is_none() {
                continue;
            }
            all.push(Self {
                failure: failure.clone(),
                output: output.clone(),
                seed: found.seed.unwrap_or(seed),
                expected: expected
                    .filter(|_| different)
                    .map(|outcome| outcome.output.clone()),
                choices,
            });
        }
        all
    }

    /// Makes the failure again with as few switches as can be found, and tells what happens.
    ///
    /// # Errors
    /// Only what has nothing to do with the program.
    pub(crate) fn smallest(
        &self,
        stage: &Stage,
        exploration: &Exploration,
        program: &dyn Fn(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Finding> {
        let _core = OnOneCore::begin(None);
        let attempt = Attempt {
            failing: self,
            stage,
            max_steps: exploration.max_steps,
            program,
            vm,
        };
        let strategy: Box<dyn Strategy> = match (&self.choices, exploration.method) {
            (Some(choices), _) => Box::new(Replay::new(choices.clone())),
            (None, Method::Sample(kind)) => kind.strategy(self.seed),
            (None, _) => Box::new(Replay::new(Choices::new())),
        };
        let Some(trace) = attempt.fails(strategy)? else {
            return Ok(Finding {
                failure: self.failure.clone(),
                output: self.output.clone(),
                seed: self.seed,
                choices: Choices::new(),
                switches: (0, 0),
                runs: 1,
                told: String::from("It did not fail when its schedule was run again.\n"),
                again: false,
            });
        };
        let mut broken = None;
        let began = Instant::now();
        let smallest = minimize(&trace, BUDGET, |strategy| {
            if broken.is_some() || began.elapsed() > PATIENCE {
                return None;
            }
            attempt.fails(strategy).unwrap_or_else(|raised| {
                broken = Some(raised);
                None
            })
        });
        if let Some(raised) = broken {
            return Err(raised);
        }
        attempt.finding(smallest.choices, smallest.switches, smallest.runs + 1)
    }
}

/// The program that fails, and all that it takes to run it.
struct Attempt<'a> {
    failing: &'a Failing,
    stage: &'a Stage,
    max_steps: u64,
    program: &'a dyn Fn(&VirtualMachine) -> PyResult<()>,
    vm: &'a VirtualMachine,
}

impl Attempt<'_> {
    fn perform(&self, run: RunConfig) -> PyResult<Performance> {
        let code_before = self.stage.sites.mark();
        let performance = self
            .stage
            .perform(run, self.failing.seed, self.program, self.vm);
        self.stage.sites.release(code_before, self.vm);
        performance
    }

    fn run(&self, strategy: Box<dyn Strategy>) -> RunConfig {
        RunConfig::new(strategy, self.max_steps)
    }

    fn is_it(&self, outcome: &Outcome) -> bool {
        match (&self.failing.expected, &outcome.failure) {
            (Some(expected), None) => outcome.output != *expected,
            (None, Some(failure)) => failure.is_like(&self.failing.failure),
            _ => false,
        }
    }

    /// The steps of the run that `strategy` makes, if it fails in the same way.
    fn fails(&self, strategy: Box<dyn Strategy>) -> PyResult<Option<Trace>> {
        let performance = self.perform(self.run(strategy))?;
        let fails = self.is_it(&performance.outcome);
        Ok(fails.then_some(performance.finished.trace))
    }

    /// Runs `choices` once more, looking at everything.
    fn finding(&self, choices: Choices, switches: (usize, usize), runs: u64) -> PyResult<Finding> {
        let stuck: Arc<Mutex<Vec<Stuck>>> = Arc::default();
        let seen = stuck.clone();
        let run = RunConfig {
            with_places: true,
            on_standstill: Some(Box::new(move |all| {
                *seen.lock().unwrap_or_else(PoisonError::into_inner) = all.to_vec();
            })),
            ..self.run(Box::new(Replay::new(choices.clone())))
        };
        let sites = &self.stage.sites;
        sites.record(true);
        let code_before = sites.mark();
        let performance = self
            .stage
            .perform(run, self.failing.seed, self.program, self.vm);
        sites.record(false);
        let values = sites.take_values(self.vm);
        let told = performance.map(|performance| {
            let stuck = stuck.lock().unwrap_or_else(PoisonError::into_inner);
            let account = Account {
                names: &performance.finished.names,
                trace: &performance.finished.trace,
                values: &values,
                stuck: &stuck,
                describe: &|place| sites.describe(place),
            };
            let waits = waits(&stuck, &performance.finished.trace);
            (tell(&account, WIDTH), waits, performance.outcome)
        });
        sites.release(code_before, self.vm);
        let (told, waits, outcome) = told?;
        let again = self.is_it(&outcome);
        let failure = match (&outcome.failure, again) {
            (Some(Failure::Deadlock { .. }), true) => Failure::Deadlock { waits },
            (Some(failure), true) => failure.clone(),
            _ => self.failing.failure.clone(),
        };
        Ok(Finding {
            failure,
            output: outcome.output,
            seed: self.failing.seed,
            choices,
            switches,
            runs,
            told,
            again,
        })
    }
}
