//! `cargo xtask docs`: the parts of documents that are generated: the tables of docs/cli.md, which
//! come from the table of options (`pyt_options::documentation`).

use std::fs;

use crate::tree::{Result, root};

const PATH: &str = "docs/cli.md";

/// Writes the generated parts anew, or with `--check` compares them.
///
/// # Errors
/// Parts that are not up to date (with `--check`), or marks in the document that do not match.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask docs [--check]".to_owned()),
    };
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
