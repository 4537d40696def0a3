//! `cargo xtask pgo`: builds pyt guided by a profile of itself, for those who ship it.
//!
//! Builds twice, which takes two to three times as long as `cargo pyt-build`: first a pyt that
//! counts what it does while the benchmarks run, then one that is laid out for what was counted.
//! Needs the `llvm-profdata` of the LLVM that rustc has.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::{
    environment::{self, succeed},
    tree::{Result, root},
};

const HELP: &str = "\
Builds pyt guided by a profile of itself.

Usage: cargo xtask pgo [OUT]

  OUT   where the binary goes (target/pgo/pyt)

Builds twice, which takes two to three times as long as `cargo pyt-build`. Needs the llvm-profdata of
the LLVM that rustc has: from `rustup component add llvm-tools`, or a package such as Debian's llvm-22.

  LLVM_PROFDATA   another llvm-profdata
  PYT_PROFILE     another profile of Cargo.toml than \"release\"
";

/// The scripts of benchmarks/suite that the counting build runs.
const SUITE: &[&str] = &["interpreter", "primitives", "contended", "threads"];
/// How often the counting build starts for nothing but imports.
const STARTS: u32 = 5;
const IMPORTS: &str = "import threading, queue, json, re, concurrent.futures";

/// The file of all counts, and the target folder of the guided build, below [`work`].
const COUNTS: &str = "counts.profdata";
const GUIDED: &str = "guided";

/// The folder of all that is built here.
fn work() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| root().join("target"), |dir| root().join(dir));
    target.join("pgo")
}

fn flags_of_guided(counts: &Path) -> String {
    // Generic code that no benchmark reached has no counts, which is no fault.
    format!(
        "-Cprofile-use={} -Cllvm-args=-pgo-warn-missing-function=false",
        counts.display()
    )
}

/// Has maturin build with the counts and in the target folder of [`run`], so that what is built
/// already is not built again.
///
/// # Errors
/// There are no counts: `cargo xtask pgo` has not been run.
pub(crate) fn guide(maturin: &mut Command) -> Result<()> {
    let counts = work().join(COUNTS);
    if !counts.exists() {
        return Err(format!(
            "no {}: run `cargo xtask pgo` first",
            counts.display()
        ));
    }
    maturin
        .args(["--target", &Rustc::ask()?.host])
        .env("CARGO_TARGET_DIR", work().join(GUIDED))
        .env("RUSTFLAGS", with_flags(&flags_of_guided(&counts)));
    Ok(())
}

/// The user's `RUSTFLAGS` and these.
fn with_flags(flags: &str) -> String {
    let before = env::var("RUSTFLAGS").unwrap_or_default();
    format!("{before} {flags}").trim().to_owned()
}

/// Builds the guided binary.
///
/// # Errors
/// No `llvm-profdata` that fits, a build that fails, or a file that cannot be written.
pub(crate) fn run(args: &[String]) -> Result<()> {
    let out = match args {
        [] => None,
        [out] if !out.starts_with('-') => Some(
            env::current_dir()
                .map_err(|error| error.to_string())?
                .join(out),
        ),
        _ => return Err(HELP.trim_end().to_owned()),
    };
    let rustc = Rustc::ask()?;
    let profdata = profdata(&rustc)?;
    let work = work();
    let counts = work.join("counts");
    let builder = Builder {
        host: &rustc.host,
        work: &work,
    };

    eprintln!("1 of 3: a pyt that counts");
    let counting = builder.build(
        "counting",
        &format!("-Cprofile-generate={}", counts.display()),
    )?;

    eprintln!("2 of 3: counting while the benchmarks run");
    if counts.exists() {
        fs::remove_dir_all(&counts).map_err(|error| format!("{}: {error}", counts.display()))?;
    }
    count(&counting, &counts, &work)?;
    let merged = work.join(COUNTS);
    succeed(
        Command::new(profdata)
            .arg("merge")
            .arg("--output")
            .arg(&merged)
            .arg(&counts),
    )?;

    eprintln!("3 of 3: a pyt laid out for what was counted");
    let guided = builder.build(GUIDED, &flags_of_guided(&merged))?;
    let out = out.unwrap_or_else(|| work.join("pyt"));
    if let Some(folder) = out.parent() {
        fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::copy(&guided, &out).map_err(|error| format!("{}: {error}", out.display()))?;
    eprintln!("{}", out.display());
    Ok(())
}

struct Rustc {
    host: String,
    /// The major version of LLVM.
    llvm: String,
    sysroot: PathBuf,
}

impl Rustc {
    fn ask() -> Result<Self> {
        let version = output(Command::new("rustc").arg("-vV"))?;
        let field = |name: &str| {
            let line = version.lines().find_map(|line| line.strip_prefix(name));
            line.map(|value| value.trim().to_owned())
                .ok_or(format!("rustc -vV names no {name}"))
        };
        let llvm = field("LLVM version:")?;
        Ok(Self {
            host: field("host:")?,
            llvm: llvm.split('.').next().unwrap_or(&llvm).to_owned(),
            sysroot: output(Command::new("rustc").args(["--print", "sysroot"]))?
                .trim()
                .into(),
        })
    }
}

/// The first `llvm-profdata` that has the LLVM of rustc.
fn profdata(rustc: &Rustc) -> Result<PathBuf> {
    let component = rustc
        .sysroot
        .join("lib/rustlib")
        .join(&rustc.host)
        .join("bin/llvm-profdata");
    let candidates = [
        env::var_os("LLVM_PROFDATA").map(PathBuf::from),
        Some(component),
        Some(format!("llvm-profdata-{}", rustc.llvm).into()),
        Some("llvm-profdata".into()),
    ];
    let wanted = format!("LLVM version {}.", rustc.llvm);
    let fits = |candidate: &PathBuf| {
        output(
            Command::new(candidate)
                .arg("--version")
                .stderr(Stdio::null()),
        )
        .is_ok_and(|version| version.contains(&wanted))
    };
    candidates.into_iter().flatten().find(fits).ok_or_else(|| {
        format!(
            "no llvm-profdata of LLVM {0}, which this rustc has.\n\
             Try: rustup component add llvm-tools, or your system's package llvm-{0};\n\
             or name one: LLVM_PROFDATA=/path/to/llvm-profdata cargo xtask pgo",
            rustc.llvm
        )
    })
}

struct Builder<'run> {
    host: &'run str,
    work: &'run Path,
}

impl Builder<'_> {
    /// Builds pyt in a target folder of its own and returns the binary's path.
    fn build(&self, name: &str, flags: &str) -> Result<PathBuf> {
        let profile = env::var("PYT_PROFILE").unwrap_or_else(|_| "release".to_owned());
        let target = self.work.join(name);
        let mut cargo = Command::new("cargo");
        cargo
            .current_dir(root())
            .env("CARGO_TARGET_DIR", &target)
            .env("RUSTFLAGS", with_flags(flags));
        // With --target, the flags reach neither build scripts nor macros, which run on this
        // machine only.
        cargo.args([
            "build",
            "--profile",
            &profile,
            "--ignore-rust-version",
            "--package",
            "pyt",
            "--target",
            self.host,
        ]);
        succeed(environment::without_own(&mut cargo))?;
        // Cargo's profile "dev" is the one whose folder has another name.
        let folder = if profile == "dev" { "debug" } else { &profile };
        Ok(target.join(self.host).join(folder).join("pyt"))
    }
}

/// Runs the benchmarks with the counting build. What they print goes into `work`.
fn count(pyt: &Path, counts: &Path, work: &Path) -> Result<()> {
    for script in SUITE {
        let text = work.join(format!("{script}.txt"));
        let file =
            fs::File::create(&text).map_err(|error| format!("{}: {error}", text.display()))?;
        let mut command = Command::new(pyt);
        command
            .current_dir(root())
            .arg(format!("benchmarks/suite/{script}.py"))
            .arg("--quick");
        command.env(
            "LLVM_PROFILE_FILE",
            counts.join(format!("{script}-%p.profraw")),
        );
        succeed(command.stdout(file))?;
    }
    for _ in 0..STARTS {
        let mut command = Command::new(pyt);
        command.env("LLVM_PROFILE_FILE", counts.join("startup-%p.profraw"));
        succeed(command.args(["-c", IMPORTS]))?;
    }
    Ok(())
}

fn output(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|error| format!("{}: {error}", command.get_program().display()))?;
    if !output.status.success() {
        return Err(format!(
            "{}: {}",
            command.get_program().display(),
            output.status
        ));
    }
    String::from_utf8(output.stdout).map_err(|error| error.to_string())
}
