//! `cargo xtask`: what the project does with itself.
//!
//! Knows files, commands and documents; must not depend on a crate that links the interpreter, so
//! that it builds in seconds.

mod archive;
mod ci;
mod conformance;
mod dependant;
mod dependencies;
mod docs;
mod environment;
mod fuzz;
mod interpreters;
mod licences;
mod pgo;
mod pictures;
mod site;
mod suites;
mod tidy;
mod tree;
mod wheel;

use std::process::ExitCode;

const HELP: &str = "\
What the project does with itself.

Usage: cargo xtask COMMAND

  ci [STEP...]         all that must pass before a change lands, or some steps of it: format, tidy,
                       docs, dependencies, packages, tests, interleavings, lints, conformance,
                       suites, transcripts, dependant
  tidy [CHECK...]      check what neither the compiler nor clippy checks; all checks, or those named
       --list          name the checks
       --transcripts   fail if the transcripts cannot be run because there is no binary
       --pyt PATH      the binary that transcripts are run with (target/release/pyt)
       --root DIR      look at another checkout
  dependant            build and run a crate that depends on pyt-runtime, outside of the workspace:
                       --dev, --release, --check, --features LIST, --dir DIR
  packages             package each crate as it would be published
  dependencies         check licences, sources and duplicates of all dependencies (deny.toml)
  docs                 write the generated parts of docs/ anew, and build the site into target/site/html
       --check         check that the generated parts are up to date, and build nothing
       --repository URL
                       where links to source files lead: the repository on a code host
  conformance [MODULE...]
                       run all modules of CPython's test suite, or some, on pyt and on CPython, each in a
                       process of its own; go on with those that have not run
       --deadline N    how many seconds a module may take (120)
       --for N         begin no module after N seconds
       --anew          run those again that have run
       --only-pyt, --only-cpython
                       run them on one of the two
       --failures      list the tests that fail on pyt
       --record        write the counts into tests/cpython/modules.tsv and docs/conformance.md
       --check         fail if a module passes fewer tests than is recorded
       --pyt PATH      the binary (target/release/pyt)
  suites [PACKAGE...]  run the test suites of packages from PyPI (tests/suites/packages.tsv) on pyt and on CPython;
                       go on with those that have not run; fail if a test passes on CPython only and
                       tests/suites/differences.tsv has no reason
       --deadline N    how many seconds a suite may take (900)
       --for N         begin no suite after N seconds
       --anew          run those again that have run
       --list          list all differences
       --programs      run small programs over packages (tests/suites/programs) in place of suites
       --record        write the counts into tests/suites/recorded.tsv and docs/conformance.md
       --pyt PATH      the binary (target/release/pyt)
       --flag OPTION   an option for pyt, such as -Xgil=0
  fuzz [HARNESS...]    run generated input through native code, in child processes: source, formats,
                       patterns, calls, reentry
       --seconds N     how long each harness runs (600)
       --seed N        the first seed (1)
       --pyt PATH      the binary (target/release/pyt)
  pictures             make the pictures in docs/pictures, in a headless Chromium
       --pyt PATH      the binary (target/release/pyt)
  pgo [OUT]            build pyt guided by a profile of itself (docs/release-profile.md)
  licences [OUT]       write what is in the binary, under which licences, with their texts
  wheel                make a wheel of Python that carries the binary, in target/wheel/dist
       --guided        ... the binary that `pgo` has built
  archive TARGET BINARY
                       collect the files of a release for one target in target/archive
";

fn main() -> ExitCode {
    let mut args = std::env::args().skip(1);
    let command = args.next().unwrap_or_default();
    let rest: Vec<String> = args.collect();
    if rest.iter().any(|arg| arg == "--help" || arg == "-h") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let result = match command.as_str() {
        "ci" => ci::run(&rest),
        "conformance" => conformance::run(&rest),
        "suites" => suites::run(&rest),
        "tidy" => tidy::run(&rest),
        "dependant" => dependant::run(&rest),
        "packages" => dependant::packages(),
        "dependencies" => dependencies::run(),
        "docs" => docs::run(&rest),
        "fuzz" => fuzz::run(&rest),
        "pgo" => pgo::run(&rest),
        "pictures" => pictures::run(&rest),
        "licences" => licences::run(&rest),
        "wheel" => wheel::run(&rest),
        "archive" => archive::run(&rest),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        "" => Err(HELP.trim_end().to_owned()),
        other => Err(format!("no such command: {other}\n\n{}", HELP.trim_end())),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}
