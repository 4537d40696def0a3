//! `cargo xtask wheel`: a wheel of Python that carries the binary, made by maturin.
//!
//! The project that maturin reads is put together below `target/wheel/project`, since it has
//! generated files: the licences of what is in the binary.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    environment::{self, succeed},
    licences, pgo,
    tree::{Result, root},
};

const HELP: &str = "\
Makes a wheel that carries the binary, in target/wheel/dist.

Usage: cargo xtask wheel [--guided]

  --guided   with the binary that `cargo xtask pgo` has built, which must be up to date

Needs Python 3.8 or newer with venv and pip, which fetch maturin if it is not on the PATH.
";

/// What is installed where there is no maturin.
const MATURIN: &str = "maturin>=1.8,<2";

/// The files of the project, and their names in it.
const FILES: &[(&str, &str)] = &[
    ("packaging/pyproject.toml", "pyproject.toml"),
    ("packaging/README.md", "README.md"),
    ("packaging/licences/LGPL-3.0.txt", "LGPL-3.0.txt"),
    ("packaging/licences/GPL-3.0.txt", "GPL-3.0.txt"),
    ("LICENSE", "LICENSE"),
    ("Cargo.lock", "Cargo.lock"),
];

/// Makes the wheel.
///
/// # Errors
/// No maturin and none to be had, or a build that fails.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let guided = match args {
        [] => false,
        [flag] if flag == "--guided" => true,
        _ => return Err(HELP.trim_end().to_owned()),
    };
    let work = root().join("target/wheel");
    let project = work.join("project");
    let dist = work.join("dist");
    for folder in [&project, &dist] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    for (from, to) in FILES {
        fs::copy(root().join(from), project.join(to))
            .map_err(|error| format!("{from}: {error}"))?;
    }
    licences::write(&project.join("THIRD-PARTY.txt"))?;
    let mut maturin = Command::new(maturin(&work)?);
    maturin
        .current_dir(&project)
        .args(["build", "--release", "--locked", "--ignore-rust-version"])
        .arg("--out")
        .arg(&dist);
    if guided {
        pgo::guide(&mut maturin)?;
    }
    environment::without_own(&mut maturin);
    succeed(&mut maturin)?;
    for entry in fs::read_dir(&dist).map_err(|error| error.to_string())? {
        let path = entry.map_err(|error| error.to_string())?.path();
        eprintln!("{}", path.display());
    }
    Ok(())
}

/// The program: that on the PATH, or one that is installed below `work`.
fn maturin(work: &Path) -> Result<PathBuf> {
    let mut version = Command::new("maturin");
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if version.status().is_ok_and(|status| status.success()) {
        return Ok("maturin".into());
    }
    let tools = work.join("tools");
    let program = tools.join("bin/maturin");
    if !program.exists() {
        let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
        succeed(Command::new(python).args(["-m", "venv"]).arg(&tools))?;
        succeed(Command::new(tools.join("bin/pip")).args(["install", "--quiet", MATURIN]))?;
    }
    Ok(program)
}
