//! The recorded counts of all modules, and the table of docs/conformance.md that is made of them.

use std::{collections::BTreeMap, fs};

use super::{
    counts::{Counts, End},
    kept,
};
use crate::{
    interpreters::Interpreter,
    tree::{Result, replace_between, root, write},
};

/// The counts, a line for each module: its name, CPython's counts, pyt's.
const RECORDED: &str = "tests/cpython/modules.tsv";

const DOCUMENT: &str = "docs/conformance.md";

const BEGIN: &str = "<!-- begin of what `cargo xtask conformance --record` writes -->\n";
const END: &str = "<!-- end of what `cargo xtask conformance --record` writes -->\n";

/// CPython's counts, and pyt's.
type Row = (Counts, Counts);

/// Writes the counts of all modules that have run on both, and the table.
pub(super) fn record(known: &[String]) -> Result<()> {
    let mut rows = read()?;
    rows.retain(|module, _| known.contains(module));
    for module in known {
        let (theirs, ours) = (
            kept(Interpreter::CPython, module),
            kept(Interpreter::Pyt, module),
        );
        if let (Some((theirs, _)), Some((ours, _))) = (theirs, ours) {
            rows.insert(module.clone(), (theirs, ours));
        }
    }
    let lines = rows.iter().map(|(module, (theirs, ours))| {
        format!("{module}\t{}\t{}\n", theirs.fields(), ours.fields())
    });
    write(RECORDED, &lines.collect::<String>())?;
    let table = format!("\n{}\n", table(&rows));
    replace_between(DOCUMENT, BEGIN, END, &table)
}

/// Fails if one of `modules` passed fewer tests than is recorded, or ended otherwise.
pub(super) fn check(modules: &[String]) -> Result<()> {
    let rows = read()?;
    let mut worse = Vec::new();
    for module in modules {
        let (Some((_, before)), Some((now, _))) =
            (rows.get(module), kept(Interpreter::Pyt, module))
        else {
            continue;
        };
        let ended_better = before.end == End::Complete && now.end != End::Complete;
        if now.passed < before.passed || ended_better {
            worse.push(format!("{module}: {now}; recorded: {before}"));
        }
    }
    if worse.is_empty() {
        return Ok(());
    }
    Err(worse.join("\n"))
}

fn read() -> Result<BTreeMap<String, Row>> {
    let text = match fs::read_to_string(root().join(RECORDED)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{RECORDED}: {error}")),
    };
    let mut rows = BTreeMap::new();
    for line in text.lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let row = || {
            let theirs = Counts::from_fields(fields.get(1..5)?)?;
            Some((theirs, Counts::from_fields(fields.get(5..)?)?))
        };
        let row = row().ok_or(format!("{RECORDED}: not a row: {line}"))?;
        rows.insert(fields[0].to_owned(), row);
    }
    Ok(rows)
}

/// The totals, a row for each module in which pyt passes fewer tests than CPython, and the names
/// of the others.
fn table(rows: &BTreeMap<String, Row>) -> String {
    let needs_c = |row: &&Row| row.1.end == End::NeedsC;
    let total = |of: fn(&Row) -> &Counts| {
        let counts = rows.values().filter(|row| !needs_c(row)).map(of);
        counts.fold((0, 0, 0, 0, 0), |sum, counts| {
            (
                sum.0 + counts.passed,
                sum.1 + counts.failed,
                sum.2 + counts.skipped,
                sum.3 + usize::from(counts.end == End::Crashed),
                sum.4 + usize::from(counts.end == End::Hung),
            )
        })
    };
    let mut text = format!(
        "{} modules. A process that ended before the module's end has crashed; one that was ended at its \
         deadline hung.\n\n\
         | | passed | failed | skipped | modules that crashed | modules that hung |\n\
         | --- | ---: | ---: | ---: | ---: | ---: |\n",
        rows.values().filter(|row| !needs_c(row)).count()
    );
    for (name, sum) in [
        ("CPython 3.14", total(|row| &row.0)),
        ("pyt", total(|row| &row.1)),
    ] {
        let (passed, failed, skipped, crashed, hung) = sum;
        text += &format!("| {name} | {passed} | {failed} | {skipped} | {crashed} | {hung} |\n");
    }
    let is_less = |(theirs, ours): &Row| {
        ours.passed < theirs.passed || (ours.end != End::Complete && theirs.end == End::Complete)
    };
    let names = |of: &dyn Fn(&Row) -> bool| -> Vec<String> {
        let rows = rows.iter().filter(|(_, row)| of(row));
        rows.map(|(module, row)| format!("{module} ({})", row.0.passed))
            .collect()
    };
    text += "\nModules in which fewer tests pass than on CPython:\n\n\
             | module | CPython passed | pyt passed | failed | skipped | |\n\
             | --- | ---: | ---: | ---: | ---: | --- |\n";
    for (module, row) in rows.iter().filter(|(_, row)| is_less(row) && !needs_c(row)) {
        let (theirs, ours) = row;
        let end = match ours.end {
            End::Complete => "",
            End::Crashed => "crashed",
            End::Hung => "hung",
            End::NeedsC => "",
        };
        text += &format!(
            "| {module} | {} | {} | {} | {} | {end} |\n",
            theirs.passed, ours.passed, ours.failed, ours.skipped
        );
    }
    text += "\nModules in which no fewer pass, with CPython's number:\n\n";
    text += &wrapped(&names(&|row| !is_less(row) && !needs_c(&row)));
    text += "\nNot counted, since they need C modules that CPython has for its own tests:\n\n";
    text += &wrapped(&names(&|row| needs_c(&row)));
    text
}

/// The names, with commas, in lines of at most 118 characters.
fn wrapped(names: &[String]) -> String {
    let mut text = String::new();
    let mut width = 0;
    for (index, name) in names.iter().enumerate() {
        let comma = if index + 1 < names.len() { "," } else { "." };
        if width > 0 && width + name.len() + 2 > 118 {
            text.push('\n');
            width = 0;
        } else if width > 0 {
            text.push(' ');
            width += 1;
        }
        text += &format!("{name}{comma}");
        width += name.len() + 1;
    }
    text.push('\n');
    text
}
