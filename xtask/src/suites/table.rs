//! The recorded counts of the packages' suites, and the table of docs/conformance.md that is made
//! of them.

use std::{collections::BTreeMap, fs};

use super::{
    differences::Ledger,
    outcomes::{self, Outcomes},
    package::Package,
};
use crate::{
    interpreters::Interpreter,
    tree::{Result, replace_between, root, write},
};

/// A line for each package: name, version, tests, then for CPython and pyt how many passed, failed
/// and were skipped and how the process ended, and the number of differences.
const RECORDED: &str = "tests/suites/recorded.tsv";

const DOCUMENT: &str = "docs/conformance.md";

const BEGIN: &str = "<!-- begin of what `cargo xtask suites --record` writes -->\n";
const END: &str = "<!-- end of what `cargo xtask suites --record` writes -->\n";

/// How many fields a line has.
const FIELDS: usize = 12;

/// Writes the counts of all suites that have run on both, and the table.
///
/// # Errors
/// Files that cannot be read or written.
pub(super) fn record(known: &[Package]) -> Result<()> {
    let mut rows = read()?;
    rows.retain(|name, _| known.iter().any(|package| package.name == *name));
    for package in known {
        let of = |interpreter| Outcomes::read(&outcomes::path(interpreter, &package.name));
        let (theirs, ours) = (of(Interpreter::CPython), of(Interpreter::Pyt));
        if let (Some(theirs), Some(ours)) = (theirs, ours) {
            rows.insert(package.name.clone(), row(package, &theirs, &ours));
        }
    }
    let lines = rows.values().map(|row| row.join("\t") + "\n");
    write(RECORDED, &lines.collect::<String>())?;
    let table = format!("\n{}\n", table(&rows, &Ledger::read()?));
    replace_between(DOCUMENT, BEGIN, END, &table)
}

fn row(package: &Package, theirs: &Outcomes, ours: &Outcomes) -> Vec<String> {
    let mut row = vec![
        package.name.clone(),
        package.version.clone(),
        package.tests.join(" "),
    ];
    for outcomes in [theirs, ours] {
        let sums = outcomes.sums();
        let numbers = [sums.passed, sums.failed, sums.skipped];
        row.extend(numbers.map(|number| number.to_string()));
        row.push(outcomes.end.name().to_owned());
    }
    row.push(ours.differences_from(theirs).len().to_string());
    row
}

fn read() -> Result<BTreeMap<String, Vec<String>>> {
    let text = match fs::read_to_string(root().join(RECORDED)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(BTreeMap::new()),
        Err(error) => return Err(format!("{RECORDED}: {error}")),
    };
    let rows = text.lines().map(|line| {
        let fields: Vec<String> = line.split('\t').map(str::to_owned).collect();
        if fields.len() == FIELDS {
            Ok((fields[0].clone(), fields))
        } else {
            Err(format!("{RECORDED}: not a row: {line}"))
        }
    });
    rows.collect()
}

/// A row for each package, and the reasons for what differs.
fn table(rows: &BTreeMap<String, Vec<String>>, ledger: &Ledger) -> String {
    let mut text = "| package | part | CPython: passed, failed, skipped | pyt | differences |\n\
                    | --- | --- | --- | --- | ---: |\n"
        .to_owned();
    let mut reasons = String::new();
    for (name, row) in rows {
        let sums = |from: usize| {
            let end = match row[from + 3].as_str() {
                "complete" => String::new(),
                end => format!(", {end}"),
            };
            format!("{}, {}, {}{end}", row[from], row[from + 1], row[from + 2])
        };
        text += &format!(
            "| {name} {} | `{}` | {} | {} | {} |\n",
            row[1],
            row[2],
            sums(3),
            sums(7),
            row[FIELDS - 1]
        );
        if row[FIELDS - 1] != "0" {
            let known = ledger.reasons(name);
            reasons += &format!("- {name}: {}\n", known.join("; "));
        }
    }
    if reasons.is_empty() {
        return text;
    }
    format!("{text}\nWhat the differences come from:\n\n{reasons}")
}
