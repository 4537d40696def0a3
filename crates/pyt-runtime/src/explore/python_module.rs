//! The native module `_pyt_explore`, on which the Python package `pyt` is built.
//!
//! It takes and returns plain values; the classes and the defaults are the package's.

use rustpython_vm::{PyResult, VirtualMachine, convert::TryFromObject, function::FuncArgs};

pub(crate) use _pyt_explore::module_def;

/// How many kinds of failure are minimized.
const MAX_FAILURES: usize = 8;

/// All positional arguments, each of its type.
fn bind<T: Bind>(args: FuncArgs, vm: &VirtualMachine) -> PyResult<T> {
    T::bind(args, vm)
}

/// Tuples of what functions here take.
trait Bind: Sized {
    fn bind(args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self>;
}

macro_rules! bind_tuples {
    ($($name:ident),+) => {
        impl<$($name: TryFromObject),+> Bind for ($($name,)+) {
            fn bind(args: FuncArgs, vm: &VirtualMachine) -> PyResult<Self> {
                let mut args = args.args.into_iter();
                let bound = ($({
                    let given = args.next();
                    let given = given.ok_or_else(|| vm.new_type_error("an argument is missing"))?;
                    $name::try_from_object(vm, given)?
                },)+);
                match args.next() {
                    Some(_) => Err(vm.new_type_error("too many arguments")),
                    None => Ok(bound),
                }
            }
        }
    };
}

bind_tuples!(A, B, C, D, E, F, G);
bind_tuples!(A, B, C, D, E, F, G, H, I, J);

#[rustpython_vm::pymodule]
mod _pyt_explore {
    use std::{ops::ControlFlow, time::Duration};

    use pyt_explore::{
        Choices, ExploreOptions, Failure, Granularity, SearchKind, StrategyKind,
        strategy::replay::Replay,
    };
    use pyt_instrument::{LookInto, Sites};
    use pyt_sched::controlled::{self, RunConfig, Source, Strategy, ThreadNumber};
    use pyt_vm::uncaught;
    use rustpython_vm::{
        AsObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyCode, PyStrRef},
        function::FuncArgs,
    };

    use crate::explore::{explorer::Explorer, minimize::minimize, runner::Runner, suite_test};

    #[pyattr]
    const MAX_STEPS: u64 = crate::explore::MAX_STEPS;
    /// How many random schedules check a proof.
    #[pyattr]
    const CHECKS: u64 = crate::explore::CHECKS;

    #[pyattr]
    const SCHEDULE_VERSION: u64 = crate::explore::Schedule::VERSION;

    /// The calling thread draws random bytes, in a run under a strategy.
    #[pyfunction]
    fn draws_random_bytes() {
        controlled::draw(Source::RandomBytes);
    }

    fn parsed<T>(text: &PyStrRef, vm: &VirtualMachine) -> PyResult<T>
    where
        T: std::str::FromStr<Err: std::fmt::Display>,
    {
        let known = text.to_string_lossy().parse::<T>();
        known.map_err(|unknown| vm.new_value_error(unknown.to_string()))
    }

    /// Gives the code its decision points for as long as the guard lives.
    struct Instrumented<'a> {
        sites: &'a Sites,
        before: pyt_instrument::Mark,
        vm: &'a VirtualMachine,
    }

    impl<'a> Instrumented<'a> {
        fn new(
            sites: &'a Sites,
            codes: &[PyRef<PyCode>],
            vm: &'a VirtualMachine,
        ) -> PyResult<Self> {
            let before = sites.mark();
            let guard = Self { sites, before, vm };
            sites.instrument_all(codes, vm)?;
            Ok(guard)
        }
    }

    impl Drop for Instrumented<'_> {
        fn drop(&mut self) {
            self.sites.release(self.before, self.vm);
        }
    }

    fn choices_of(given: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Choices> {
        let mut choices = Choices::new();
        for run in given.try_to_value::<Vec<PyObjectRef>>(vm)? {
            let run: Vec<u64> = run.try_to_value(vm)?;
            let [thread, steps] = run[..] else {
                return Err(vm.new_value_error("choices are pairs of a thread and its steps"));
            };
            let thread = ThreadNumber::try_from(thread)
                .map_err(|_| vm.new_value_error("there is no such thread"))?;
            if steps == 0 {
                return Err(vm.new_value_error("a thread takes at least one step in a row"));
            }
            choices.push_many(thread, steps);
        }
        Ok(choices)
    }

    fn runs_of(choices: &Choices, vm: &VirtualMachine) -> PyObjectRef {
        let runs = choices.runs().iter().map(|(thread, steps)| {
            let pair = vec![
                vm.ctx.new_int(*thread).into(),
                vm.ctx.new_int(*steps).into(),
            ];
            vm.ctx.new_tuple(pair).into()
        });
        vm.ctx.new_tuple(runs.collect()).into()
    }

    fn text(text: &str, vm: &VirtualMachine) -> PyObjectRef {
        vm.ctx.new_str(text).into()
    }

    /// The function, its code; strategy, schedules, time, seed, granularity, most steps; whether to
    /// stop on the first failure, and to expect the same output.
    type ExploreArgs = (
        PyObjectRef,
        Vec<PyRef<PyCode>>,
        PyStrRef,
        Option<u64>,
        Option<f64>,
        u64,
        PyStrRef,
        u64,
        bool,
        bool,
    );

    /// Calls a function under many schedules.
    #[pyfunction]
    fn explore(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let (function, codes, strategy, schedules, time, seed, granularity, max_steps, stop, same): ExploreArgs = super::bind(args, vm)?;
        let search: SearchKind = parsed(&strategy, vm)?;
        let time = time
            .map(Duration::try_from_secs_f64)
            .transpose()
            .map_err(|error| vm.new_value_error(error.to_string()))?;
        let unlimited = time.is_some() || search.is_exhaustive();
        let options = ExploreOptions {
            search,
            schedules: schedules.or((!unlimited).then_some(1000)),
            time,
            seed,
            granularity: parsed(&granularity, vm)?,
            max_steps,
            stop_on_first: stop && !same,
            ..ExploreOptions::default()
        };
        let mut explorer = Explorer::new(&options, vm)?;
        let program = |vm: &VirtualMachine| function.call((), vm).map(drop);
        let sites = explorer.runner.sites.clone();
        let _instrumented = Instrumented::new(&sites, &codes, vm)?;
        explorer.run(&program, &mut |_| ControlFlow::Continue(()), vm)?;
        if same {
            explorer.result.tally.expect_same_output();
        }
        let failing = explorer.result.failing_runs();
        let mut failures = Vec::new();
        for one in failing.iter().take(super::MAX_FAILURES) {
            let smallest = minimize(one, &explorer.runner, &options, &program, vm)?;
            let fields = vec![
                text(one.failure.kind(), vm),
                text(
                    &format!("{}\n\n{}", smallest.failure, smallest.trace_report),
                    vm,
                ),
                text(&one.output, vm),
                vm.ctx.new_int(one.seed).into(),
                runs_of(&smallest.choices, vm),
            ];
            failures.push(vm.ctx.new_tuple(fields).into());
        }
        let tally = &explorer.result.tally;
        let outcomes = tally.outcomes().into_iter().filter_map(|found| {
            let outcome = found.outcome.as_ref()?;
            let failure = outcome.failure.as_ref().map(ToString::to_string);
            let fields = vec![
                text(&outcome.output, vm),
                failure.map_or_else(|| vm.ctx.none(), |failure| text(&failure, vm)),
                vm.ctx.new_int(found.count).into(),
                found
                    .seed
                    .map_or_else(|| vm.ctx.none(), |seed| vm.ctx.new_int(seed).into()),
            ];
            Some(vm.ctx.new_tuple(fields).into())
        });
        let outcomes = vm.ctx.new_list(outcomes.collect());
        let fields = vec![
            vm.ctx.new_int(tally.runs()).into(),
            vm.ctx.new_int(tally.failures()).into(),
            vm.ctx
                .new_float(explorer.result.elapsed.as_secs_f64())
                .into(),
            vm.ctx.new_bool(explorer.result.progress.proven).into(),
            outcomes.into(),
            vm.ctx.new_list(failures).into(),
        ];
        Ok(vm.ctx.new_tuple(fields).into())
    }

    /// From now on the code in these folders is looked into, and packages and modules of these
    /// names, but not those of the others.
    #[pyfunction]
    fn look_into(
        folders: Vec<PyStrRef>,
        include: Vec<PyStrRef>,
        exclude: Vec<PyStrRef>,
        vm: &VirtualMachine,
    ) {
        let texts = |all: Vec<PyStrRef>| -> Vec<String> {
            let texts = all.iter().map(|one| one.to_string_lossy().into_owned());
            texts.collect()
        };
        let what = LookInto {
            folders: texts(folders).into_iter().map(Into::into).collect(),
            include: texts(include),
            exclude: texts(exclude),
        };
        pyt_instrument::look_into(what, vm);
    }

    /// Whether a source file is one of the program's own: each run imports it anew.
    #[pyfunction]
    fn is_own(file: PyStrRef, vm: &VirtualMachine) -> bool {
        pyt_instrument::is_own(&file.to_string_lossy(), vm)
    }

    /// From now on the user's code that is imported gets decision points of this granularity.
    #[pyfunction]
    fn prepare_tests(granularity: PyStrRef, vm: &VirtualMachine) -> PyResult<()> {
        suite_test::prepare(parsed(&granularity, vm)?, vm)
    }

    /// Explores one test of a suite: a callable that makes one run of it, with a method `note` that
    /// returns a text about the run. What is asked and what is found are JSON.
    #[pyfunction]
    fn explore_test(test: PyObjectRef, asked: PyStrRef, vm: &VirtualMachine) -> PyResult<String> {
        let asked = serde_json::from_str(&asked.to_string_lossy())
            .map_err(|error| vm.new_value_error(error.to_string()))?;
        let found = suite_test::explore(&test, &asked, vm)?;
        serde_json::to_string(&found).map_err(|error| vm.new_value_error(error.to_string()))
    }

    /// Calls a function under one schedule.
    #[pyfunction]
    fn execute(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        let (function, codes, seed, strategy, given, granularity, max_steps): (
            PyObjectRef,
            Vec<PyRef<PyCode>>,
            u64,
            PyStrRef,
            PyObjectRef,
            PyStrRef,
            u64,
        ) = super::bind(args, vm)?;
        let mut check = None;
        let strategy: Box<dyn Strategy> = if vm.is_none(&given) {
            parsed::<StrategyKind>(&strategy, vm)?.strategy(seed)
        } else {
            let replay = Replay::new(choices_of(&given, vm)?);
            check = Some(replay.divergence_check());
            Box::new(replay)
        };
        let granularity: Granularity = parsed(&granularity, vm)?;
        let runner = Runner::new(granularity, false, vm)?;
        let run = RunConfig::new(strategy, max_steps);
        let mut result: Option<Result<PyObjectRef, PyBaseExceptionRef>> = None;
        let program = |vm: &VirtualMachine| match function.call((), vm) {
            Err(raised) if uncaught::is_abandonment(&raised, vm) => Err(raised),
            done => {
                result = Some(done);
                Ok(())
            }
        };
        let execution = {
            let _instrumented = Instrumented::new(&runner.sites, &codes, vm)?;
            runner.execute(run, seed, program, vm)?
        };
        let none = || vm.ctx.none();
        let gave_up = execution.finished.ending.is_some();
        let diverged = check
            .and_then(|check| check.divergence())
            .filter(|_| !gave_up);
        let failure = execution.outcome.failure.map(|failure: Failure| {
            let pair = vec![text(failure.kind(), vm), text(&failure.to_string(), vm)];
            vm.ctx.new_tuple(pair).into()
        });
        let (returned, raised) = match result {
            Some(Ok(returned)) => (returned, none()),
            Some(Err(raised)) => (none(), raised.as_object().to_owned()),
            None => (none(), none()),
        };
        let fields = vec![
            returned,
            raised,
            failure.unwrap_or_else(none),
            diverged.map_or_else(none, |diverged| text(&diverged.to_string(), vm)),
            runs_of(&Choices::of(&execution.finished.trace), vm),
        ];
        Ok(vm.ctx.new_tuple(fields).into())
    }
}
