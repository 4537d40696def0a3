//! One run, its output shown: by a seed, or by a schedule that was recorded.

use std::path::Path;

use pyt_explore::{
    Failure, Granularity, Schedule, UnknownGranularity,
    report::waits,
    search::sampling::Kind,
    strategy::replay::{Replay, Watch},
};
use pyt_sched::controlled::{RunConfig, Strategy, Trace};
use rustpython_vm::{
    AsObject, PyResult, VirtualMachine, builtins::PyCode, bytecode::CO_FAST_HIDDEN, scope::Scope,
};

use super::{
    MAX_STEPS,
    runner::{Performance, Stage},
    script::Script,
};
use crate::{Error, Program, Runtime, command::exit};

/// One run, by its seed.
#[derive(Clone, Copy, Debug)]
pub struct Seeded {
    /// What everything comes from.
    pub seed: u64,
    /// The kind of strategy that the seed makes.
    pub strategy: Kind,
    /// Where threads may be switched, beside the operations of primitives.
    pub granularity: Granularity,
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
            granularity: Granularity::default(),
            max_steps: MAX_STEPS,
        }
    }
}

/// A replay's exit status when the program does not do what it did.
const DIVERGED: i32 = 2;

impl Runtime {
    /// As [`Runtime::main`], under the schedule that `seeded` makes. The exit status is 3 if all
    /// threads came to wait for each other, and 1 after too many steps.
    pub fn main_seeded(self, program: Program, seeded: Seeded) -> i32 {
        let single = Single {
            strategy: seeded.strategy.strategy(seeded.seed),
            seed: seeded.seed,
            max_steps: seeded.max_steps,
            granularity: seeded.granularity,
            patient: false,
        };
        let (status, interrupted) = self.with_vm(|vm| {
            let program = |vm: &VirtualMachine| self.start(vm, program);
            let performed = single.perform(program, vm);
            performed.map_or_else(
                |raised| exit::conclude(vm, &raised),
                |performed| (performed.status, performed.interrupted),
            )
        });
        self.end_main(status, interrupted)
    }

    /// Runs the script at `path` as `schedule` says, its output shown; with `debugger`, under
    /// `pdb`, which also looks at what the script fails with. Returns the exit status: the
    /// script's own, 3 after a standstill, 2 if the script could not follow the schedule.
    ///
    /// # Errors
    /// If the script cannot be read or compiled, or is another one than the schedule was made for.
    pub fn main_replay(
        self,
        path: &Path,
        schedule: &Schedule,
        debugger: bool,
    ) -> Result<i32, Error> {
        let replay = Replay::new(schedule.choices.clone());
        let watch = replay.watch();
        let single = Single {
            strategy: Box::new(replay),
            seed: schedule.seed,
            max_steps: MAX_STEPS.max(2 * schedule.choices.len()),
            granularity: granularity_of(schedule)?,
            patient: debugger,
        };
        let (status, interrupted) = self.with_vm(|vm| {
            let script = Script::load(&self, path, vm)?;
            if script.hash != schedule.hash {
                return Err(Error::changed(path));
            }
            let program = |vm: &VirtualMachine| {
                if debugger {
                    debug(&script, vm)
                } else {
                    script.play(vm)
                }
            };
            let performed = single.perform(program, vm);
            Ok(performed.map_or_else(
                |raised| exit::conclude(vm, &raised),
                |performed| (followed(&performed, &watch), performed.interrupted),
            ))
        })?;
        Ok(self.end_main(status, interrupted))
    }
}

fn granularity_of(schedule: &Schedule) -> Result<Granularity, Error> {
    let known = schedule.granularity.parse();
    known.map_err(|unknown: UnknownGranularity| Error::unusable(&unknown.to_string()))
}

/// A run to be shown.
struct Single {
    strategy: Box<dyn Strategy>,
    seed: u64,
    max_steps: u64,
    granularity: Granularity,
    patient: bool,
}

impl Single {
    fn perform(
        self,
        program: impl FnOnce(&VirtualMachine) -> PyResult<()>,
        vm: &VirtualMachine,
    ) -> PyResult<Performance> {
        let run = RunConfig {
            traced: false,
            with_places: true,
            keeps_turn_in_foreign_code: self.patient,
            on_standstill: Some(Box::new(|stuck| {
                for line in waits(stuck, &Trace::new()) {
                    eprintln!("pyt: {line}");
                }
            })),
            ..RunConfig::new(self.strategy, self.max_steps)
        };
        let stage = Stage::new(self.granularity, false, vm)?;
        let performance = stage.perform(run, self.seed, program, vm)?;
        if let Some(failure @ (Failure::Deadlock { .. } | Failure::EndlessLoop { .. })) =
            &performance.outcome.failure
        {
            eprintln!("pyt: {failure}");
        }
        if let Some((step, place)) = performance.finished.irreproducible_from {
            let place = stage.sites.describe(place);
            let place =
                place.map_or_else(String::new, |at| format!(" after {}:{}", at.file, at.line));
            eprintln!(
                "pyt: a thread was in foreign code (a socket, a subprocess) for long{place}: from \
                 step {step} on, this run depends on more than its schedule"
            );
        }
        Ok(performance)
    }
}

/// The status of a replay; says on standard error if the program did not follow.
fn followed(performed: &Performance, watch: &Watch) -> i32 {
    // A run that was given up may have gone on for a few steps before its threads noticed.
    let gave_up = performed.finished.ending.is_some();
    match watch.divergence() {
        Some(divergence) if !gave_up => {
            eprintln!("pyt replay: the script did not follow the schedule: {divergence}");
            DIVERGED
        }
        _ => performed.status,
    }
}

/// Runs the script under `pdb`, from its first line; what it fails with is looked at as well.
fn debug(script: &Script, vm: &VirtualMachine) -> PyResult<()> {
    let pdb = vm.import("pdb", 0)?;
    let names = script.names(vm)?;
    let code = script.code().clone();
    pyt_instrument::instrument(&code, vm)?;
    let ran = if has_hidden_names(&code) {
        // The interpreter panics when the names of such a frame are looked at after tracing it.
        eprintln!(
            "pyt replay: the script has a comprehension outside of functions: the debugger opens \
             where it fails, not at its first line"
        );
        let scope = Scope::with_builtins(None, names, vm);
        vm.run_code_obj(code, scope)
    } else {
        let debugger = pdb.get_attr("Pdb", vm)?.call((), vm)?;
        let run = debugger.get_attr("run", vm)?;
        run.call((code, names.clone(), names), vm)
    };
    let Err(raised) = ran else { return Ok(()) };
    let traceback = raised.as_object().get_attr("__traceback__", vm)?;
    let is_bug = !raised.fast_isinstance(vm.ctx.exceptions.system_exit)
        && !pyt_vm::uncaught::is_abandonment(&raised, vm);
    if is_bug && !vm.is_none(&traceback) {
        exit::show(vm, &raised);
        pdb.get_attr("post_mortem", vm)?.call((traceback,), vm)?;
    }
    Err(raised)
}

/// Whether the code has comprehensions whose variables are hidden among its own (PEP 709).
fn has_hidden_names(code: &PyCode) -> bool {
    let kinds = &code.code.localspluskinds;
    kinds.iter().any(|kind| kind & CO_FAST_HIDDEN != 0)
}
