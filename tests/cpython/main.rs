//! CPython's own tests, run by pyt and compared with a ledger.
//!
//! Each module of [`modules::MODULES`] runs in a process of its own, under a deadline, two at a
//! time, on pyt and on CPython 3.14 (`runner.py` says what is set up for it). Every test is
//! expected to pass; what is expected of any other stands in `ledger.txt` with a reason. A test
//! that does anything but what is expected of it fails this test, a test that passes against the
//! ledger included, and so does a line of the ledger that no test answers to. At the end stands a
//! table with CPython's own counts beside ours.
//!
//! The suite is not in the repository. It is taken from the folder that `PYT_CPYTHON_TESTS` names
//! (the one with the package `test` in it), or else from `../shared/tools/peers tests`, which sets
//! CPython up, where it can. Where there is neither, this test says so and passes.
//!
//! Tests that the suite marks as `cpython_only` run, too, and are counted: what they look at is
//! what CPython does, which is what pyt is measured by. Those that need CPython's C modules for
//! tests, `_testcapi` and parts of `_testinternalcapi`, skip themselves, and stand in the ledger.
//!
//! `cargo pyt-test --test cpython -- [OPTION...] [MODULE...]`; `--help` lists the options.

mod ledger;
mod modules;
mod options;
mod report;
mod results;
mod run;
mod suite;
use std::{
    collections::VecDeque,
    process::ExitCode,
    sync::{Mutex, PoisonError},
    thread,
};

use ledger::Ledger;
use options::{Action, Options};
use report::Row;
use run::{Interpreter, ModuleRun};
use suite::Suite;

/// How many modules run at the same time: as many as the machines that this was made on have cores.
const AT_A_TIME: usize = 2;

fn main() -> ExitCode {
    let options = match Options::from_command_line() {
        Ok(options) => options,
        Err(message) => {
            eprintln!("{message}");
            return ExitCode::from(2);
        }
    };
    match options.action {
        Action::Help => {
            println!("{}", options::HELP);
            return ExitCode::SUCCESS;
        }
        Action::List => {
            for module in &options.modules {
                println!("{module}: test");
            }
            return ExitCode::SUCCESS;
        }
        Action::Run => {}
    }
    if options.modules.is_empty() {
        println!("cpython: no module of that name; --list prints those there are");
        return ExitCode::SUCCESS;
    }
    let ledger = match Ledger::read() {
        Ok(ledger) => ledger,
        Err(error) => {
            eprintln!("cpython: {error}");
            return ExitCode::FAILURE;
        }
    };
    let suite = match Suite::find() {
        Ok(suite) => suite,
        Err(reason) => {
            println!("cpython: SKIPPED, CPython's tests are not to be had: {reason}");
            return ExitCode::SUCCESS;
        }
    };
    let rows = run_all(&options, &suite);
    let failed = report::print(&rows, &ledger, &options);
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

/// Runs every module on both interpreters, longest first.
fn run_all(options: &Options, suite: &Suite) -> Vec<Row> {
    let ours = Interpreter::pyt(options, suite);
    let theirs = suite.cpython();
    if let Err(reason) = &theirs {
        println!("cpython: no counts of CPython's own: {reason}");
    }
    let theirs = theirs.ok();
    let both = [Some(&ours), theirs.as_ref()];
    let jobs: VecDeque<(usize, &Interpreter)> = both
        .into_iter()
        .flatten()
        .flat_map(|interpreter| (0..options.modules.len()).map(move |index| (index, interpreter)))
        .collect();
    let jobs = Mutex::new(jobs);
    let next = || {
        jobs.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop_front()
    };
    let done: Mutex<Vec<(usize, bool, ModuleRun)>> = Mutex::default();
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((index, interpreter)) = next() {
                    let run = interpreter.run(options.modules[index], suite);
                    println!("{}", report::progress(&run));
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((
                        index,
                        interpreter.is_ours(),
                        run,
                    ));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut take = |index, ours| {
        let position = done
            .iter()
            .position(|(i, is_ours, _)| *i == index && *is_ours == ours)?;
        Some(done.swap_remove(position).2)
    };
    (0..options.modules.len())
        .map(|index| Row {
            ours: take(index, true).expect("every module ran on pyt"),
            theirs: take(index, false),
        })
        .collect()
}
