//! `cargo xtask dependant`: makes a crate that depends on `pyt-runtime`, outside of the workspace
//! and without its lock file, as the README says, and builds and runs it. `cargo xtask packages`
//! packages each crate as it would be published.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::tree::{Result, root};

const HELP: &str = "\
Makes a crate that depends on pyt-runtime, outside of the workspace and without its lock file, builds
it as crates/pyt-runtime/README.md says, and runs it. Takes as long as a build from nothing, and needs
the registry.

Usage: cargo xtask dependant [OPTION...]

  --release          builds with the profile release (the default)
  --dev              builds with the profile dev
  --check            only checks that it compiles
  --features LIST    the features of pyt-runtime, in place of the default ones
  --dir DIR          where the crate is made; kept afterwards (a folder for temporary files)
";

/// The crate's program. What it prints is [`EXPECTED`].
const PROGRAM: &str = "\
use pyt_runtime::Runtime;

fn main() -> Result<(), pyt_runtime::Error> {
    let runtime = Runtime::builder().build()?;
    let answer: i64 = runtime.eval(\"sum(range(4)) * 7\")?;
    println!(\"{answer}\");
    runtime.finish();
    Ok(())
}
";
const EXPECTED: &str = "42\n";

/// The lines that the README and the build script of `pyt-pins` tell users to add.
const PROFILE: &str = "\
[profile.dev.package.\"*\"]
debug-assertions = false
opt-level = 2
";

/// The version of `malachite-bigint` that the interpreter compiles with.
const INTEGERS: &str = "0.12.0";

#[derive(Default)]
struct Arguments {
    dev: bool,
    check: bool,
    features: Option<String>,
    dir: Option<PathBuf>,
}

/// Makes, builds and runs the crate.
///
/// # Errors
/// A build that fails, or a program that prints something else.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let arguments = parse(args)?;
    let temporary = env::temp_dir().join(format!("pyt-dependant-{}", std::process::id()));
    let dir = arguments.dir.clone().unwrap_or_else(|| temporary.clone());
    let outcome = build(&dir, &arguments);
    if dir == temporary {
        // What is left of it does no harm.
        let _ = fs::remove_dir_all(&temporary);
    }
    outcome
}

fn parse(args: &[String]) -> Result<Arguments> {
    let mut parsed = Arguments::default();
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or_else(|| format!("{arg} needs a value"));
        match arg.as_str() {
            "--release" => parsed.dev = false,
            "--dev" => parsed.dev = true,
            "--check" => parsed.check = true,
            "--features" => parsed.features = Some(value()?.clone()),
            "--dir" => parsed.dir = Some(value()?.into()),
            _ => return Err(HELP.trim_end().to_owned()),
        }
    }
    Ok(parsed)
}

fn build(dir: &Path, arguments: &Arguments) -> Result<()> {
    let source = dir.join("src");
    fs::create_dir_all(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    write(&dir.join("Cargo.toml"), &manifest(arguments))?;
    write(&source.join("main.rs"), PROGRAM)?;
    let lock = dir.join("Cargo.lock");
    let _ = fs::remove_file(&lock);
    cargo(dir, &["generate-lockfile"])?;
    let locked = fs::read_to_string(&lock).map_err(|error| error.to_string())?;
    for other in other_integers(&locked) {
        let package = format!("malachite-bigint@{other}");
        cargo(dir, &["update", &package, "--precise", INTEGERS])?;
    }
    let mut words = vec![if arguments.check { "check" } else { "build" }];
    words.push("--ignore-rust-version");
    if !arguments.dev {
        words.push("--release");
    }
    cargo(dir, &words)?;
    if arguments.check {
        return Ok(());
    }
    let profile = if arguments.dev { "debug" } else { "release" };
    let program = dir.join("target").join(profile).join("dependant");
    let output = Command::new(&program)
        .output()
        .map_err(|error| format!("{}: {error}", program.display()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() || printed != EXPECTED {
        return Err(format!("the crate's program printed {printed:?}"));
    }
    eprintln!("the crate's program prints {}", EXPECTED.trim_end());
    Ok(())
}

fn manifest(arguments: &Arguments) -> String {
    let path = root().join("crates/pyt-runtime");
    let features = arguments
        .features
        .as_ref()
        .map_or_else(String::new, |list| {
            let names: Vec<_> = list.split(',').filter(|name| !name.is_empty()).collect();
            format!(", default-features = false, features = {names:?}")
        });
    let path = path.display();
    format!(
        "[package]\nname = \"dependant\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
         [dependencies]\npyt-runtime = {{ path = \"{path}\"{features} }}\n\n{PROFILE}"
    )
}

/// The versions of `malachite-bigint` in a lock file that are not the interpreter's.
fn other_integers(lock: &str) -> Vec<&str> {
    let entries = lock
        .split("name = \"malachite-bigint\"\nversion = \"")
        .skip(1);
    let versions = entries.filter_map(|entry| entry.split('"').next());
    versions.filter(|version| *version != INTEGERS).collect()
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn cargo(dir: &Path, words: &[&str]) -> Result<()> {
    let line = format!("cargo {}", words.join(" "));
    eprintln!("{line}");
    // The crate has a folder of its own for what is built, and none of the workspace's flags.
    let status = Command::new("cargo")
        .args(words)
        .current_dir(dir)
        .env("CARGO_TARGET_DIR", dir.join("target"))
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{line}: {status}")),
        Err(error) => Err(format!("{line}: {error}")),
    }
}

/// Packages all crates that are published, in the order of their dependencies, without building
/// them again.
///
/// # Errors
/// A crate that cannot be packaged.
pub(crate) fn packages() -> Result<()> {
    let words = [
        "package",
        "--quiet",
        "--workspace",
        "--exclude",
        "xtask",
        "--exclude",
        "pyt-test",
        "--no-verify",
        "--allow-dirty",
    ];
    let status = Command::new("cargo")
        .args(words)
        .current_dir(root())
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("cargo {}: {status}", words.join(" "))),
        Err(error) => Err(format!("cargo package: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::{EXPECTED, INTEGERS, PROFILE, PROGRAM, other_integers};
    use crate::tree::root;

    #[test]
    fn finds_versions_that_are_not_the_interpreters() {
        let entry = |version: &str| {
            format!("[[package]]\nname = \"malachite-bigint\"\nversion = \"{version}\"\n\n")
        };
        let lock = entry(INTEGERS) + &entry("0.14.0");
        assert_eq!(other_integers(&lock), ["0.14.0"]);
        assert!(other_integers(&entry(INTEGERS)).is_empty());
    }

    #[test]
    fn the_readme_says_what_is_done_here() {
        let readme = std::fs::read_to_string(root().join("crates/pyt-runtime/README.md")).unwrap();
        for line in PROFILE.lines() {
            assert!(readme.contains(line), "{line}");
        }
        assert!(readme.contains(&format!("--precise {INTEGERS}")));
        assert!(PROGRAM.contains("eval") && EXPECTED == "42\n");
    }

    #[test]
    #[ignore = "builds the interpreter from nothing, and needs the registry: `cargo xtask dependant`"]
    fn a_crate_outside_of_the_workspace_builds() {
        super::run(&[]).unwrap();
    }
}
