//! `cargo xtask archive`: the files of a release for one target, in `target/archive`.
//!
//! An archive of the binary with its licences, the wheels that `cargo xtask wheel` has made, the
//! list of components that maturin has put into them (CycloneDX), and checksums.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    environment::succeed,
    licences,
    tree::{Result, root},
};

const HELP: &str = "\
Collects the files of a release for one target in target/archive.

Usage: cargo xtask archive TARGET BINARY

  TARGET   the target's name, such as x86_64-unknown-linux-gnu, for the names of files
  BINARY   the binary, which is stripped on the way

Takes the wheels in target/wheel/dist. Needs tar, strip, sha256sum and Python 3.
";

/// What lies beside the binary.
const FILES: &[&str] = &[
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "packaging/licences/LGPL-3.0.txt",
    "packaging/licences/GPL-3.0.txt",
];

/// Copies the list of components out of a wheel.
const COMPONENTS: &str = "\
import sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel:
    names = [name for name in wheel.namelist() if '/sboms/' in name and name.endswith('.json')]
    if len(names) != 1:
        sys.exit(f'{sys.argv[1]} has {len(names)} lists of components')
    with open(sys.argv[2], 'wb') as out:
        out.write(wheel.read(names[0]))
";

/// Makes the files.
///
/// # Errors
/// There is no wheel, or a command fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let [target, binary] = args else {
        return Err(HELP.trim_end().to_owned());
    };
    let binary = env::current_dir()
        .map_err(|error| error.to_string())?
        .join(binary);
    let out = root().join("target/archive");
    let name = format!("pyt-{}-{target}", env!("CARGO_PKG_VERSION"));
    let stage = root().join("target/archive-stage").join(&name);
    for folder in [&out, &stage] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    copy(&binary, &stage.join("pyt"))?;
    succeed(Command::new("strip").arg(stage.join("pyt")))?;
    for file in FILES {
        let file = root().join(file);
        copy(&file, &stage.join(file.file_name().unwrap_or_default()))?;
    }
    licences::write(&stage.join("THIRD-PARTY.txt"))?;
    succeed(
        Command::new("tar")
            .args(["--create", "--gzip", "--owner=0", "--group=0", "--file"])
            .arg(out.join(format!("{name}.tar.gz")))
            .arg("--directory")
            .arg(stage.parent().unwrap_or(&stage))
            .arg(&name),
    )?;
    let wheels = wheels()?;
    let first = wheels
        .first()
        .ok_or("no wheel in target/wheel/dist: run `cargo xtask wheel` first")?;
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    succeed(
        Command::new(python)
            .args(["-c", COMPONENTS])
            .arg(first)
            .arg(out.join(format!("{name}.cyclonedx.json"))),
    )?;
    for wheel in &wheels {
        copy(wheel, &out.join(wheel.file_name().unwrap_or_default()))?;
    }
    sums(&out)
}

fn wheels() -> Result<Vec<PathBuf>> {
    let dist = root().join("target/wheel/dist");
    let entries = fs::read_dir(&dist).map_err(|error| format!("{}: {error}", dist.display()))?;
    let mut wheels = Vec::new();
    for entry in entries {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.extension().is_some_and(|end| end == "whl") {
            wheels.push(path);
        }
    }
    Ok(wheels)
}

/// Writes a checksum beside each file.
fn sums(folder: &Path) -> Result<()> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder).map_err(|error| error.to_string())? {
        names.push(entry.map_err(|error| error.to_string())?.file_name());
    }
    names.sort();
    for name in names {
        let sum = Command::new("sha256sum")
            .arg(&name)
            .current_dir(folder)
            .output()
            .map_err(|error| format!("sha256sum: {error}"))?;
        if !sum.status.success() {
            return Err(format!("sha256sum: {}", sum.status));
        }
        let file = folder.join(format!("{}.sha256", name.display()));
        fs::write(&file, sum.stdout).map_err(|error| format!("{}: {error}", file.display()))?;
        eprintln!("{}", folder.join(&name).display());
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to)
        .map(|_| ())
        .map_err(|error| format!("{}: {error}", from.display()))
}
