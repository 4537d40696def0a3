//! `cargo xtask licences`: what is in the binary, under which licences, with their texts.
//!
//! Asks cargo which crates are linked, and reads the texts that they come with. A crate without a
//! text is listed with the name of its licence.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use regex_lite::Regex;

use crate::tree::{Result, root};

/// How deep below a crate's folder texts are looked for: crates with C source have it in folders.
const DEPTH: usize = 4;
/// How file names begin that have the text of a licence, in lower case.
const TEXT_NAMES: &[&str] = &[
    "license",
    "licence",
    "copying",
    "copyright",
    "notice",
    "unlicense",
    "psf-license",
];
/// What such a file's name does not end with: source files that are named for what they do.
const NO_TEXTS: &[&str] = &[".rs", ".py", ".c", ".h", ".toml", ".json"];

const HEAD: &str = "\
What is in the binary `pyt`, besides pyt's own code (MIT, see LICENSE)
======================================================================

The binary has the crates below linked into it, each under the licence beside its name; where a licence offers a
choice, any of them. After the list come the texts.

LGPL-3.0-only: the crates malachite-base, malachite-bigint, malachite-nz and malachite-q (the integers). They are
used unchanged, as published on the package index of Rust. Their licence gives you the right to change them and to
use the binary with the changed version:

1. The source of the binary is pyt's source of the same version and the published source of every crate below,
   in the version that Cargo.lock (beside this file) names. `cargo vendor` fetches all of it.
2. Change a crate, name your copy in the section [patch.crates-io] of pyt's Cargo.toml, and build as
   pyt's README says: `cargo build --release --ignore-rust-version --package pyt`.

Nothing in pyt's licence forbids to look into the binary for finding errors in such changes. The texts of the GNU
LGPL version 3 and of the GNU GPL version 3, of which it is a part, are in LGPL-3.0.txt and GPL-3.0.txt.

Crates that were published without the text of their licence: that of MIT is in LICENSE, to be read with the names
of the crate's authors; that of Apache-2.0 is below.

The binary also has Python's standard library (crate rustpython-pylib, PSF-2.0), the wheel of pip with what it
brings (MIT and others, its metadata lists them), SQLite (public domain), and Mozilla's list of certificates (crate
webpki-roots, CDLA-Permissive-2.0) where the crate is listed.
";

/// Writes the file that `args` names, or target/licences/THIRD-PARTY.txt.
///
/// # Errors
/// Cargo fails, or a file cannot be read or written.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let out = match args {
        [] => root().join("target/licences/THIRD-PARTY.txt"),
        [out] if !out.starts_with('-') => env::current_dir()
            .map_err(|error| error.to_string())?
            .join(out),
        _ => return Err("usage: cargo xtask licences [OUT]".to_owned()),
    };
    write(&out)?;
    eprintln!("{}", out.display());
    Ok(())
}

/// Writes the list and the texts into a file.
///
/// # Errors
/// As [`run`].
pub(crate) fn write(out: &Path) -> Result<()> {
    let text = text(&crates()?)?;
    let folder = out.parent().unwrap_or(out);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    fs::write(out, text).map_err(|error| format!("{}: {error}", out.display()))
}

/// A crate that is linked into the binary.
struct Crate {
    /// Name and version.
    name: String,
    licence: String,
    repository: String,
    folder: PathBuf,
}

fn crates() -> Result<Vec<Crate>> {
    let listed = cargo(&[
        "tree",
        "--package=pyt",
        "--edges=normal,no-proc-macro",
        "--prefix=none",
        "--format={p}|{l}|{r}",
    ])?;
    let folders = folders(&cargo(&["metadata", "--format-version=1"])?)?;
    let mut crates = BTreeMap::new();
    for line in listed.lines() {
        let mut fields = line.trim_end_matches(" (*)").split('|');
        let package = fields.next().unwrap_or_default();
        // Crates of this repository stand with their path.
        let Some((name, version)) = package.split_once(" v").filter(|(_, v)| !v.contains('('))
        else {
            continue;
        };
        let folder = folders
            .get(&format!("{name}-{version}"))
            .ok_or_else(|| format!("cargo metadata has no folder of {package}"))?;
        let found = Crate {
            name: format!("{name} {version}"),
            licence: fields.next().unwrap_or_default().to_owned(),
            repository: fields.next().unwrap_or_default().to_owned(),
            folder: folder.clone(),
        };
        crates.insert(found.name.clone(), found);
    }
    Ok(crates.into_values().collect())
}

/// The folders of all packages, by name and version as they are on the disk.
fn folders(metadata: &str) -> Result<HashMap<String, PathBuf>> {
    let path = Regex::new(r#""manifest_path":"([^"]+)/Cargo\.toml""#)
        .map_err(|error| error.to_string())?;
    let found = path.captures_iter(metadata).filter_map(|found| {
        let folder = PathBuf::from(&found[1]);
        let name = folder.file_name()?.to_string_lossy().into_owned();
        Some((name, folder))
    });
    Ok(found.collect())
}

fn text(crates: &[Crate]) -> Result<String> {
    let mut out = String::from(HEAD);
    let mut texts: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    out.push_str("\n\nCrates\n------\n\n");
    for one in crates {
        let _ = writeln!(out, "{}: {} {}", one.name, one.licence, one.repository);
        let mut found = Vec::new();
        collect(&one.folder, DEPTH, &mut found)?;
        if found.is_empty() {
            let _ = writeln!(out, "    (published without the text of its licence)");
        }
        for text in found {
            texts.entry(text).or_default().insert(&one.name);
        }
    }
    let apache = root().join("packaging/licences/Apache-2.0.txt");
    let apache =
        fs::read_to_string(&apache).map_err(|error| format!("{}: {error}", apache.display()))?;
    texts
        .entry(normal(&apache))
        .or_default()
        .insert("crates under Apache-2.0 without a text of their own");
    for (text, names) in texts {
        let names: Vec<&str> = names.into_iter().collect();
        let rule = "=".repeat(78);
        let _ = write!(out, "\n\n{rule}\n{}\n{rule}\n\n{text}", names.join(", "));
    }
    Ok(out)
}

/// Reads the texts of licences below a folder.
fn collect(folder: &Path, depth: usize, texts: &mut Vec<String>) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        entries.push(entry.map_err(failed)?.path());
    }
    entries.sort();
    for path in entries {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.to_lowercase();
        if path.is_dir() {
            if depth > 1 && name != "tests" {
                collect(&path, depth - 1, texts)?;
            }
        } else if TEXT_NAMES.iter().any(|begin| name.starts_with(begin))
            && !NO_TEXTS.iter().any(|end| name.ends_with(end))
            // A file that is no text is none of a licence either.
            && let Ok(text) = fs::read_to_string(&path)
        {
            texts.push(normal(&text));
        }
    }
    Ok(())
}

/// The text without what differs between copies of the same: ends of lines, blanks there.
fn normal(text: &str) -> String {
    let lines = text.trim().lines().map(str::trim_end);
    lines.collect::<Vec<_>>().join("\n") + "\n"
}

fn cargo(words: &[&str]) -> Result<String> {
    let output = Command::new("cargo")
        .args(words)
        .current_dir(root())
        .output()
        .map_err(|error| format!("cargo {}: {error}", words.join(" ")))?;
    if !output.status.success() {
        return Err(format!(
            "cargo {}: {}\n{}",
            words.join(" "),
            output.status,
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_by_name_and_version() {
        let metadata = r#"{"manifest_path":"/r/a-b-1.2.0/Cargo.toml","x":1},{"manifest_path":"/w/pyt/Cargo.toml"}"#;
        let found = folders(metadata).unwrap();
        assert_eq!(found["a-b-1.2.0"], Path::new("/r/a-b-1.2.0"));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn equal_texts_are_told_once() {
        assert_eq!(normal("\na \r\nb\n\n"), "a\nb\n");
    }
}
