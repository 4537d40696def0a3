//! What is printed: a line as each module ends, what deviates from the ledger, and the table.

use std::collections::HashMap;

use crate::{
    ledger::{Deviation, Ledger},
    modules::MODULES,
    options::Options,
    results::{Outcome, Results},
    run::ModuleRun,
};

/// One module's runs.
pub(crate) struct Row {
    pub ours: ModuleRun,
    pub theirs: Option<ModuleRun>,
}

/// How many tests came to what.
#[derive(Clone, Copy, Default)]
struct Counts {
    run: usize,
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Counts {
    fn of(results: &Results) -> Self {
        Self {
            run: results.tests.len(),
            passed: results.count(|outcome| matches!(outcome, Outcome::Pass | Outcome::XFail)),
            failed: results.count(|outcome| {
                matches!(
                    outcome,
                    Outcome::Fail | Outcome::Error | Outcome::Unexpected
                )
            }),
            skipped: results.count(|outcome| outcome == Outcome::Skip),
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            run: self.run + other.run,
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }

    fn columns(self) -> String {
        let Self {
            run,
            passed,
            failed,
            skipped,
        } = self;
        format!("{run:6} {passed:6} {failed:6} {skipped:7}")
    }
}

/// The line for a module that has just ended.
pub(crate) fn progress(run: &ModuleRun) -> String {
    let Counts {
        run: all,
        passed,
        failed,
        skipped,
    } = Counts::of(&run.results);
    format!(
        "{:7} {:44} {:5.1} s: {passed} of {all} passed, {failed} failed, {skipped} skipped",
        run.interpreter,
        run.module,
        run.elapsed.as_secs_f64(),
    )
}

/// Prints the table and all that deviates. Returns whether anything does.
pub(crate) fn print(rows: &[Row], ledger: &Ledger, options: &Options) -> bool {
    print_table(rows);
    print_lost(rows);
    let mut failed = false;
    for row in rows {
        let deviations = ledger.deviations(&row.ours);
        failed |= !deviations.is_empty();
        if options.record {
            record(row.ours.module, &deviations);
        } else {
            explain(&row.ours, &deviations);
        }
    }
    for module in ledger.unknown_modules(MODULES) {
        failed = true;
        println!("\nthe ledger has a section [{module}], which is not run");
    }
    let result = if failed { "FAILED" } else { "ok" };
    println!("\ncpython result: {result}");
    failed
}

fn print_table(rows: &[Row]) {
    let head = "   run passed failed skipped";
    println!("\n{:44} {:>29}   {:>29}", "", "pyt", "CPython");
    println!("{:44} {head}   {head}", "module");
    let mut ours = Counts::default();
    let mut theirs = Counts::default();
    for row in rows {
        let our = Counts::of(&row.ours.results);
        let their = row.theirs.as_ref().map(|run| Counts::of(&run.results));
        ours = ours.plus(our);
        theirs = theirs.plus(their.unwrap_or_default());
        let their = their.map_or_else(|| String::from("     -"), Counts::columns);
        println!("{:44} {}   {their}", row.ours.module, our.columns());
    }
    let their = if rows.iter().all(|row| row.theirs.is_some()) {
        theirs.columns()
    } else {
        String::from("     -")
    };
    println!("{:44} {}   {their}", "all", ours.columns());
    println!("Tests marked cpython_only are run by both, and counted.");
}

/// Prints the tests that CPython passes here and pyt does not.
fn print_lost(rows: &[Row]) {
    let lost: Vec<String> = rows
        .iter()
        .filter_map(|row| Some((&row.ours, row.theirs.as_ref()?)))
        .flat_map(|(ours, theirs)| {
            let theirs: HashMap<&str, Outcome> = theirs
                .results
                .tests
                .iter()
                .map(|test| (test.id.as_str(), test.outcome))
                .collect();
            ours.results
                .tests
                .iter()
                .filter(|test| test.outcome != Outcome::Pass)
                .filter(|test| theirs.get(test.id.as_str()) == Some(&Outcome::Pass))
                .map(|test| {
                    format!(
                        "{}.{}: {}, {}",
                        ours.module, test.id, test.outcome, test.reason
                    )
                })
                .collect::<Vec<_>>()
        })
        .collect();
    if !lost.is_empty() {
        println!("\nCPython passes {} tests that pyt does not:", lost.len());
        for line in lost {
            println!("  {line}");
        }
    }
}

/// Says what deviates, and shows what the module's process printed.
fn explain(run: &ModuleRun, deviations: &[Deviation<'_>]) {
    if deviations.is_empty() {
        return;
    }
    println!("\n{} deviates from the ledger:", run.module);
    let mut worse = false;
    for deviation in deviations {
        match deviation {
            Deviation::Worse(test) => {
                worse |= test.outcome != Outcome::Skip;
                println!("  {}: {}: {}", test.id, test.outcome, test.reason);
            }
            Deviation::Better(test) => {
                println!("  {}: passes: remove its line from the ledger", test.id);
            }
            Deviation::Gone(id) => {
                println!("  {id}: no such test: remove its line from the ledger");
            }
        }
    }
    if worse {
        println!("the end of what it printed:");
        for line in run.printed.lines() {
            println!("  | {line}");
        }
    }
}

/// Prints the lines that the ledger would need, except for the reasons.
fn record(module: &str, deviations: &[Deviation<'_>]) {
    if deviations.is_empty() {
        return;
    }
    println!("\n[{module}]");
    for deviation in deviations {
        match deviation {
            Deviation::Worse(test) => {
                println!("# {}", test.reason);
                println!("{} {}  #", test.outcome, test.id);
            }
            Deviation::Better(test) => println!("# remove {}", test.id),
            Deviation::Gone(id) => println!("# remove {id}"),
        }
    }
}
