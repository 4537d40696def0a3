//! `cargo xtask docs`: the parts of documents that are generated.
//!
//! The tables of docs/cli.md come from the table of options (`pyt_options::documentation`). Another
//! generated part lies between `<!-- begin generated: COMMAND -->` and `<!-- end generated -->`; its
//! text is what the pyt binary prints for the command.

use std::{fs, path::Path, process::Command};

use crate::tree::{Result, Tree, root};

const BEGIN: &str = "<!-- begin generated: ";
const END: &str = "<!-- end generated -->";

/// The document whose tables come from the table of options.
const OF_OPTIONS: &str = "docs/cli.md";

/// Writes all generated parts anew, or with `--check` compares them.
///
/// # Errors
/// Parts that are not up to date (with `--check`), marks that do not match, or no binary.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let check = match args {
        [] => false,
        [flag] if flag == "--check" => true,
        _ => return Err("usage: cargo xtask docs [--check]".to_owned()),
    };
    let tree = Tree::read(&root())?;
    let pyt = root().join("target/release/pyt");
    let mut stale = Vec::new();
    for path in tree.with_extension("md") {
        let before = tree.text(path)?;
        let mut after = regenerate(&before, |command| ask(&pyt, command))
            .map_err(|error| format!("{path}: {error}"))?;
        if path == OF_OPTIONS {
            after = pyt_options::documentation::renewed(&after)
                .map_err(|error| format!("{path}: {error}"))?;
        }
        if after == before {
            continue;
        }
        if !check {
            fs::write(tree.root.join(path), after).map_err(|error| format!("{path}: {error}"))?;
            eprintln!("written: {path}");
        }
        stale.push(path);
    }
    if check && !stale.is_empty() {
        return Err(format!(
            "not up to date: {}. Run `cargo xtask docs`.",
            stale.join(", ")
        ));
    }
    Ok(())
}

/// `text` with each generated part replaced by what `generate` returns for its command.
fn regenerate(text: &str, generate: impl Fn(&str) -> Result<String>) -> Result<String> {
    let mut out = String::with_capacity(text.len());
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        let Some(command) = line
            .strip_prefix(BEGIN)
            .and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        out.push_str(generate(command)?.trim_end());
        out.push('\n');
        let end = lines.find(|line| *line == END);
        out.push_str(end.ok_or_else(|| format!("no `{END}` after `{line}`"))?);
        out.push('\n');
    }
    Ok(out)
}

fn ask(pyt: &Path, command: &str) -> Result<String> {
    let mut words = command.split_whitespace();
    if words.next() != Some("pyt") {
        return Err(format!("`{command}` does not begin with `pyt`"));
    }
    let output = Command::new(pyt).args(words).output();
    let output = output
        .map_err(|error| format!("{}: {error} (`cargo pyt-build` makes it)", pyt.display()))?;
    if !output.status.success() {
        return Err(format!("`{command}`: {}", output.status));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_generated_parts_change() {
        let text = "a\n<!-- begin generated: pyt x -->\nold\nolder\n<!-- end generated -->\nb\n";
        let new = regenerate(text, |command| Ok(format!("text of {command}\n"))).unwrap();
        assert_eq!(
            new,
            "a\n<!-- begin generated: pyt x -->\ntext of pyt x\n<!-- end generated -->\nb\n"
        );
        assert_eq!(
            regenerate("plain\n", |_| Err("asked".to_owned())).unwrap(),
            "plain\n"
        );
        assert!(regenerate("<!-- begin generated: pyt x -->\n", |_| Ok(String::new())).is_err());
    }
}
