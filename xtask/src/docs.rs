//! `cargo xtask docs`: the parts of documents that are generated: the tables of docs/cli.md, which
//! come from the table of options (`pyt_options::documentation`). Then the site is built.

use std::fs;

use crate::{
    site,
    tree::{Result, root},
};

const PATH: &str = "docs/cli.md";

const USAGE: &str = "usage: cargo xtask docs [--check] [--repository URL]";

/// Writes the generated parts anew and builds the site, or with `--check` compares the parts.
///
/// # Errors
/// Parts that are not up to date (with `--check`), marks in the document that do not match, or a
/// site that cannot be built.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let mut check = false;
    let mut repository = None;
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--check" => check = true,
            "--repository" => repository = Some(args.next().ok_or(USAGE)?.as_str()),
            _ => return Err(USAGE.to_owned()),
        }
    }
    renew(check)?;
    if check {
        return Ok(());
    }
    site::build(repository)
}

fn renew(check: bool) -> Result<()> {
    let file = root().join(PATH);
    let before = fs::read_to_string(&file).map_err(|error| format!("{PATH}: {error}"))?;
    let after =
        pyt_options::documentation::renewed(&before).map_err(|error| format!("{PATH}: {error}"))?;
    if after == before {
        return Ok(());
    }
    if check {
        return Err(format!("{PATH} is not up to date: run `cargo xtask docs`"));
    }
    fs::write(&file, after).map_err(|error| format!("{PATH}: {error}"))?;
    eprintln!("written: {PATH}");
    Ok(())
}
