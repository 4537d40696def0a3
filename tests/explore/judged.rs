//! The cause that a report names is the right one, by an independent check: with exactly what it
//! names in order, by a lock or an event, the program does not fail; with any other pair of
//! accesses in order, it does. `judged/judge.py` makes the programs of the check, and says how.
//! Where several interleavings of a program can cause its failure, each has a report of its own,
//! and what all of them name is put in order at once.
//!
//! Programs: those of `bugs/`, `unusual/` and `judged/`. The latter two have many to a file, each
//! after a line `### what it is about`: what two threads do, `one` and `two`, and a `check` at the
//! end. They run in threads, in a pool, in an event loop, beside a logger.
//!
//! A few are tried always, all if `PYT_TEST_CAUSES` is 1; `PYT_TEST_CAUSES=I/N` tries part I of N,
//! and any other value the programs whose name has that text.

use std::{collections::BTreeMap, env, fs};

use pyt_test::{Scratch, workspace};
use serde_json::{Value, json};

use crate::{EXPLORATION_DEADLINE, count, scripts, text, try_pyt};

/// Accesses that have nothing to do with the failure.
const NOISE: &str = "
noise = {}
def _run(work):
    noise['n'] = noise.get('n', 0) + 1
    work()
    noise.pop('n', None)
";

/// How the two functions are run.
const FRAMES: [(&str, &str); 4] = [
    (
        "threads",
        "
_threads = [threading.Thread(target=_run, args=(f,), name=n) for f, n in ((one, 'first'), (two, 'second'))]
for _thread in _threads: _thread.start()
for _thread in _threads: _thread.join()
check()
",
    ),
    (
        "pool",
        "
from concurrent.futures import ThreadPoolExecutor
with ThreadPoolExecutor(2) as _pool:
    _futures = [_pool.submit(_run, f) for f in (one, two)]
for _future in _futures: _future.result()
check()
",
    ),
    (
        "logging",
        "
import logging
_log = logging.getLogger('main')
def _logged(work):
    _log.debug('begins')
    _run(work)
    _log.debug('ends')
_threads = [threading.Thread(target=_logged, args=(f,), name=n) for f, n in ((one, 'first'), (two, 'second'))]
for _thread in _threads: _thread.start()
for _thread in _threads: _thread.join()
check()
",
    ),
    (
        "asyncio",
        "
import asyncio
async def _main():
    await asyncio.gather(asyncio.to_thread(_run, one), asyncio.to_thread(_run, two))
asyncio.run(_main())
check()
",
    ),
];

/// The modules of the library that keep much: a third of the programs must import one.
const HEAVY: [&str; 6] = [
    "logging",
    "asyncio",
    "concurrent.futures",
    "tempfile",
    "decimal",
    "json",
];

/// Whether a program imports a module of the library that keeps much.
pub(crate) fn imports_what_keeps_much(source: &str) -> bool {
    HEAVY.iter().any(|module| {
        source.contains(&format!("import {module}")) || source.contains(&format!("from {module} "))
    })
}

pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) source: String,
}

pub(crate) fn programs() -> Vec<Program> {
    let mut all = Vec::new();
    for path in scripts("bugs") {
        let source = fs::read_to_string(&path).expect("reading a script");
        all.push(Program {
            name: text(&path)
                .rsplit('/')
                .next()
                .unwrap_or_default()
                .to_owned(),
            source,
        });
    }
    let files = [
        "judged/races.txt",
        "judged/library.txt",
        "judged/waits.txt",
        "unusual/classes.txt",
        "unusual/library.txt",
        "unusual/styles.txt",
    ];
    for file in files {
        let path = workspace().join("tests/explore").join(file);
        let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let parts = text.split("### ").skip(1);
        let parts = parts.filter_map(|part| part.split_once('\n'));
        for (number, (about, body)) in parts.enumerate() {
            let frame = match (file, number % 8) {
                ("judged/waits.txt", _) | (_, 0..=3) => 0,
                (_, 4 | 6) => 1,
                (_, 5) => 2,
                _ => 3,
            };
            let (how, frame) = FRAMES[frame];
            all.push(Program {
                name: format!("{file} ({how}): {about}"),
                source: format!("import threading\n{body}{NOISE}{frame}"),
            });
        }
    }
    all
}

/// What came of a program.
#[derive(Debug, Default)]
struct Judgement {
    found: bool,
    replayed: u64,
    replays: u64,
    /// Every schedule fails in that way: no order decides.
    always: bool,
    /// Steps are named, or the threads of a deadlock that wait for each other.
    is_named: bool,
    /// The program that does not fail, with what is named in order.
    repaired_by: Option<String>,
    /// That program has what the reports of several failing runs name in order.
    together: bool,
    /// Programs that do not fail, with other accesses in order.
    also_repaired_by: Vec<String>,
    note: String,
}

impl Judgement {
    fn is_right(&self) -> bool {
        self.repaired_by.is_some() && self.also_repaired_by.is_empty()
    }
}

fn explored(source: &str, arguments: &[&str]) -> Result<(Value, Scratch), String> {
    let scratch = Scratch::new();
    let script = scratch.write("script.py", source);
    let output = format!("--output={}", scratch.at("found"));
    let usual = ["explore", "--json", "--jobs=1", &output];
    let run = try_pyt(
        EXPLORATION_DEADLINE,
        &[&usual[..], arguments, &[&script]].concat(),
    )?;
    let report = serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))?;
    Ok((report, scratch))
}

/// The failure without what differs between threads and values.
fn kind(failure: &Value) -> String {
    format!("{} {}", failure["kind"], failure["exception"])
}

/// Whether no schedule of a program fails in this way, or in one that the check itself has made.
fn passes(source: &str, wanted: &str, schedules: u64) -> Result<bool, String> {
    let schedules = format!("--schedules={schedules}");
    // The first failure nearly always says it.
    for more in [&["--stop-on-first"][..], &[]] {
        let (report, _) = explored(source, &[&[schedules.as_str()], more].concat())?;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let fails = findings.iter().any(|finding| {
            let this = kind(&finding["failure"]);
            this == wanted || this.contains("deadlock") || this.contains("NameError")
        });
        if fails || report["given_up"] != 0 {
            return Ok(false);
        }
        if findings.is_empty() {
            return Ok(report["schedules"].as_u64() > Some(0));
        }
    }
    Ok(true)
}

/// So many schedules of a program that must fail are tried.
const CONTROL_SCHEDULES: u64 = 1_000;

/// The programs that the judge makes of a finding, and of others of the same failure.
fn made_by_judge(
    program: &Program,
    finding: &Value,
    others: &[Value],
) -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let task = json!({
        "text": program.source,
        "script": "/script.py",
        "finding": finding,
        "others": others,
    });
    let judge = workspace().join("tests/explore/judged/judge.py");
    let run = pyt_test::pyt([text(&judge)])
        .stdin(task.to_string())
        .run_until(EXPLORATION_DEADLINE)
        .map_err(|timed_out| timed_out.to_string())?;
    serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))
}

/// The first of these programs that does not fail in the way `wanted`.
fn one_that_passes(
    programs: &BTreeMap<String, String>,
    wanted: &str,
    enough: u64,
) -> Result<Option<String>, String> {
    for (name, repaired) in programs {
        if passes(repaired, wanted, enough)? {
            return Ok(Some(name.clone()));
        }
    }
    Ok(None)
}

/// Whether one of these programs does not fail with the message of this failure any more.
fn removes_message(programs: &BTreeMap<String, String>, failure: &Value) -> Result<bool, String> {
    let message = &failure["message"];
    if message.as_str().is_none_or(str::is_empty) {
        return Ok(false);
    }
    let schedules = format!("--schedules={CONTROL_SCHEDULES}");
    for repaired in programs.values() {
        let (report, _) = explored(repaired, &[&schedules])?;
        let findings = report["findings"].as_array().cloned().unwrap_or_default();
        let is_same = |finding: &Value| {
            let other = &finding["failure"];
            kind(other) == kind(failure) && other["message"] == *message
        };
        let is_made_by_judge =
            |finding: &Value| finding["failure"]["kind"].as_str() == Some("deadlock");
        if report["given_up"] == 0
            && !findings
                .iter()
                .any(|one| is_same(one) || is_made_by_judge(one))
        {
            return Ok(true);
        }
    }
    Ok(false)
}

/// So many other schedules that fail are looked for, and so many different causes are put in order
/// at once, at most.
const OTHER_SCHEDULES: u64 = 8;
const MOST_CAUSES: usize = 3;

/// Findings of the same failure, of other schedules, whose cause is another one.
fn of_other_schedules(program: &Program, wanted: &str) -> Result<Vec<Value>, String> {
    let mut found: Vec<Value> = Vec::new();
    let mut known: Vec<String> = Vec::new();
    for seed in 1..=OTHER_SCHEDULES {
        // The first schedule of the default strategy is that of every seed.
        let seed = format!("--seed={seed}");
        let (mut report, _) = explored(
            &program.source,
            &[
                "--strategy=random",
                "--stop-on-first",
                "--schedules=1000",
                &seed,
            ],
        )?;
        let finding = report["findings"][0].take();
        let about = format!(
            "{} {}",
            finding["cause"]["sentence"], finding["deadlock"]["chain"]
        );
        if kind(&finding["failure"]) != wanted || known.contains(&about) {
            continue;
        }
        known.push(about);
        found.push(finding);
        if found.len() == MOST_CAUSES {
            break;
        }
    }
    Ok(found)
}

/// The findings of the same failure in `repairs`. A schedule is minimized to one of those that
/// fail, so that of another interleaving may be reported only where this one is put in order.
fn of_repairs(repairs: &BTreeMap<String, String>, wanted: &str) -> Result<Vec<Value>, String> {
    let mut found = Vec::new();
    for (name, repaired) in repairs {
        let (mut report, _) = explored(repaired, &["--stop-on-first", "--schedules=1000"])?;
        let mut finding = report["findings"][0].take();
        if kind(&finding["failure"]) == wanted {
            finding["made"] = json!(name);
            found.push(finding);
        }
    }
    Ok(found)
}

fn judge(program: &Program) -> Result<Judgement, String> {
    let mut judged = Judgement::default();
    let (report, _scratch) = explored(&program.source, &["--stop-on-first", "--schedules=1000"])?;
    let finding = &report["findings"][0];
    judged.found = !finding.is_null();
    if !judged.found {
        return Ok(judged);
    }
    judged.replays = count("PYT_TEST_REPLAYS", 2);
    if let Some(file) = finding["schedule"].as_str() {
        for _ in 0..judged.replays {
            let replay = try_pyt(EXPLORATION_DEADLINE, &["replay", file])?;
            judged.replayed += u64::from(replay.status.code() == Some(1));
        }
    }
    judged.is_named = finding["cause"]["first"].is_u64()
        || finding["deadlock"]["chain"]
            .as_array()
            .is_some_and(|chain| chain.len() > 1);
    finding["cause"]["sentence"]
        .as_str()
        .unwrap_or_else(|| finding["deadlock"]["title"].as_str().unwrap_or_default())
        .clone_into(&mut judged.note);
    let wanted = kind(&finding["failure"]);
    if !judged.is_named {
        let (report, _) = explored(&program.source, &["--schedules=60"])?;
        judged.always = report["failed"] == report["schedules"];
        return Ok(judged);
    }
    let programs = made_by_judge(program, finding, &[])?;
    // So many that the failure would have been met again and again.
    let met_after = report["schedules"].as_u64().unwrap_or(1);
    let least = count("PYT_TEST_CAUSE_SCHEDULES", 100);
    let enough = (20 * met_after).clamp(least, 5 * least);
    judged.repaired_by = one_that_passes(&programs["repairs"], &wanted, enough)?;
    if judged.repaired_by.is_none() {
        let mut groups = vec![of_other_schedules(program, &wanted)?];
        let of_repairs = of_repairs(&programs["repairs"], &wanted)?;
        groups.extend(of_repairs.into_iter().map(|finding| vec![finding]));
        for others in groups {
            let programs = made_by_judge(program, finding, &others)?;
            judged.repaired_by = one_that_passes(&programs["together"], &wanted, enough)?;
            judged.together = judged.repaired_by.is_some();
            if judged.together {
                let mut enough_alone = Vec::new();
                for (name, apart) in &programs["apart"] {
                    if passes(apart, &wanted, CONTROL_SCHEDULES)? {
                        enough_alone.push(name.clone());
                    }
                }
                // What another report names may have what this one does in it. Then this one is
                // right if it alone decides whether the run fails with this very message.
                if !enough_alone.is_empty()
                    && !removes_message(&programs["repairs"], &finding["failure"])?
                {
                    judged.also_repaired_by.append(&mut enough_alone);
                }
                break;
            }
        }
    }
    if judged.repaired_by.is_some() {
        for (name, control) in &programs["controls"] {
            if passes(control, &wanted, CONTROL_SCHEDULES)? {
                judged.also_repaired_by.push(name.clone());
            }
        }
    }
    Ok(judged)
}

/// Judges all `programs`, and reports those of which something is not right. So many of 100 causes
/// must be right.
fn judge_all(programs: &[Program], least: usize) {
    let (mut lines, mut right, mut none, mut judged, mut heavy) = (Vec::new(), 0, 0, 0, 0);
    let mut together = 0;
    let mut broken = 0;
    for program in programs {
        heavy += usize::from(imports_what_keeps_much(&program.source));
        let line = match judge(program) {
            Ok(found) => {
                if !found.found || found.replayed != found.replays {
                    broken += 1;
                }
                if found.found && !found.always {
                    judged += 1;
                    right += usize::from(found.is_right());
                    together += usize::from(found.is_right() && found.together);
                    none += usize::from(!found.is_named);
                }
                let verdict = match (found.is_right(), found.always, found.is_named) {
                    (true, ..) => "right",
                    (_, true, _) => "always fails",
                    (.., true) => "WRONG",
                    _ => "NONE",
                };
                format!("{verdict}: {}: {found:?}", program.name)
            }
            Err(error) => {
                broken += 1;
                judged += 1;
                format!("BROKEN: {}: {error}", program.name)
            }
        };
        eprintln!("{line}");
        lines.push(line);
    }
    lines.retain(|line| !line.starts_with("right") && !line.starts_with("always"));
    let all = programs.len();
    eprintln!(
        "{all} programs, {heavy} with modules that keep much; {broken} not found or not replayed; of \
         {judged} causes {right} are right ({together} of them those of several interleavings, put \
         in order together), and none is named for {none}"
    );
    assert_eq!(broken, 0, "{}", lines.join("\n"));
    assert!(
        right * 100 >= judged * least,
        "{right} of {judged}:\n{}",
        lines.join("\n")
    );
}

/// Programs for which a wrong cause was named: always tried.
const ONCE_WRONG: [&str; 3] = [
    "(pool): super().__setattr__",
    "(threads): a try-lock that gives up silently",
    "(pool): an event is used again too early",
];

#[test]
fn the_cause_that_is_named_is_the_right_one() {
    let mut all = programs();
    let part = env::var("PYT_TEST_CAUSES").unwrap_or_default();
    let numbers = part.split_once('/');
    let number = |text: &str| text.parse::<usize>().ok();
    let numbers = numbers.and_then(|(part, of)| number(part).zip(number(of)));
    match (part.as_str(), numbers) {
        ("1", _) => judge_all(&all, 95),
        (_, Some((part, of))) => {
            let mut number = 0;
            all.retain(|_| {
                number += 1;
                (number - 1) % of == part
            });
            // So few say little of the share.
            judge_all(&all, 85);
        }
        (text, _) if !text.is_empty() => {
            all.retain(|program| program.name.contains(text));
            judge_all(&all, 0);
        }
        _ => {
            let mut number = 0;
            all.retain(|program| {
                number += 1;
                let was_wrong = ONCE_WRONG.iter().any(|name| program.name.ends_with(name));
                number % 31 == 0 || was_wrong
            });
            judge_all(&all, 85);
        }
    }
}
