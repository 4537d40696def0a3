//! Bugs that were reported publicly: `pyt explore` finds each in the package as it was released,
//! and replays it in a process of its own; in the version that mends it, it finds nothing.
//!
//! The programs are in `tests/reported`. `PYT_TEST_REPORTED=N` explores N schedules of
//! each mended version, and replays each failure N times, in the place of a few.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use pyt_test::{CompletedProcess, Scratch, pyt, workspace};

/// How many schedules find each bug at the most. The slowest takes some 200.
const MOST_SCHEDULES: &str = "600";

const DEADLINE: Duration = Duration::from_secs(300);

/// A program, and what its first lines say.
struct Reported {
    file: PathBuf,
    /// The outcomes of which one is found: `deadlock`, or `exception` and its class.
    expected: Vec<String>,
    options: Vec<String>,
    /// What is installed, in the form of pip's requirements.
    package: String,
    /// The version that mends it, if there is one that runs.
    fixed: Option<String>,
    /// There is no wheel of it: all that it needs is named.
    is_built: bool,
}

impl Reported {
    fn read(file: PathBuf) -> Self {
        let text = fs::read_to_string(&file).unwrap();
        let said = |key: &str| {
            let start = format!("# {key}: ");
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(&start).map(str::to_owned))
        };
        let options = said("options").unwrap_or_default();
        Self {
            expected: said("expect")
                .unwrap()
                .split(" or ")
                .map(str::to_owned)
                .collect(),
            options: options.split_whitespace().map(str::to_owned).collect(),
            package: said("package").unwrap(),
            fixed: said("fixed"),
            is_built: said("built").is_some(),
            file,
        }
    }

    /// Explores the program with this version of the package. `None` where it cannot be had.
    fn explore(&self, requirement: &str, schedules: &str, found: &str) -> Option<CompletedProcess> {
        let folder = self.folder(requirement)?;
        let explore = pyt([
            "explore",
            "--stop-on-first",
            "--jobs=1",
            "--schedules",
            schedules,
        ])
        .args(["--output", found])
        .args(&self.options)
        .arg(&self.file)
        .env("PYTHONPATH", folder)
        .label(format!("{} with {requirement}", self.name()));
        Some(
            explore
                .run_until(DEADLINE)
                .unwrap_or_else(|late| panic!("{late}")),
        )
    }

    /// The folder with a requirement; or none, where it cannot be had.
    fn folder(&self, requirement: &str) -> Option<PathBuf> {
        let requirements: Vec<&str> = requirement.split_whitespace().collect();
        let name = format!("reported-{}", requirements.join("-"));
        let mut arguments = requirements;
        if self.is_built {
            arguments.push(super::NO_DEPENDENCIES);
        }
        match super::installed(&name, requirement, &arguments) {
            Ok(folder) => Some(folder),
            Err(reason) => {
                super::skip(&format!("{}: {reason}", self.name()));
                None
            }
        }
    }

    fn name(&self) -> String {
        let name = self.file.file_stem().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }
}

fn all() -> Vec<Reported> {
    let folder = workspace().join("tests/reported");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|file| file.extension().is_some_and(|extension| extension == "py"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files.into_iter().map(Reported::read).collect()
}

fn times(by_default: usize) -> usize {
    let asked = env::var("PYT_TEST_REPORTED").ok();
    asked.map_or(by_default, |times| times.parse().unwrap())
}

fn schedule_file(folder: &Path) -> Option<PathBuf> {
    let entries = fs::read_dir(folder).ok()?;
    let mut files = entries.map(|entry| entry.unwrap().path());
    files.find(|file| {
        file.extension()
            .is_some_and(|extension| extension == "schedule")
    })
}

#[test]
fn reported_bugs_are_found_and_replayed() {
    for reported in all() {
        let scratch = Scratch::new();
        let found = scratch.at("found");
        let Some(explored) = reported.explore(&reported.package, MOST_SCHEDULES, &found) else {
            continue;
        };
        let name = reported.name();
        assert_eq!(explored.status.code(), Some(1), "{name}: {explored}");
        let is_found = |expected: &String| {
            let outcome = expected.strip_prefix("exception ").unwrap_or(expected);
            explored.stdout.contains(&format!("FAILED: {outcome}"))
        };
        let found_any = reported.expected.iter().any(is_found);
        assert!(found_any, "{name}: {explored}");
        let schedule = schedule_file(Path::new(&found));
        let schedule = schedule.unwrap_or_else(|| panic!("{name}: no schedule was written"));
        let folder = reported.folder(&reported.package).unwrap();
        for _ in 0..times(2) {
            let replay = pyt(["replay"]).arg(&schedule).env("PYTHONPATH", &folder);
            let replayed = replay
                .run_until(DEADLINE)
                .unwrap_or_else(|late| panic!("{late}"));
            assert_eq!(replayed.status.code(), Some(1), "{name}: {replayed}");
        }
        println!(
            "{name}: {}",
            explored.stdout.lines().next().unwrap_or_default()
        );
    }
}

#[test]
fn mended_versions_have_no_failure() {
    for reported in all() {
        let Some(fixed) = &reported.fixed else {
            continue;
        };
        let scratch = Scratch::new();
        let schedules = times(20).to_string();
        let Some(explored) = reported.explore(fixed, &schedules, &scratch.at("found")) else {
            continue;
        };
        let name = reported.name();
        assert_eq!(explored.status.code(), Some(0), "{name}: {explored}");
        println!(
            "{name}: {}",
            explored.stdout.lines().next().unwrap_or_default()
        );
    }
}
