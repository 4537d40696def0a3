//! Recordings of a host's: they begin and end while the runtime goes on.

use std::{fs, path::PathBuf, thread};

use pyt_runtime::{ErrorKind, Isolation, Runtime};
use pyt_test::Scratch;

use crate::support::{in_both_modes, runtime};

const PROGRAM: &str = "
import threading, time
lock = threading.Lock()
def work():
    with lock:
        time.sleep(0.02)
threads = [threading.Thread(target=work, name=f'worker-{n}') for n in range(3)]
for thread in threads: thread.start()
for thread in threads: thread.join()
";

/// The names of the slices and threads in a file.
fn names(path: &PathBuf) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let trace: serde_json::Value = serde_json::from_str(&text).unwrap();
    let events = trace["traceEvents"].as_array().unwrap().iter();
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    events
        .flat_map(|event| [text(&event["name"]), text(&event["args"]["name"])])
        .collect()
}

#[test]
fn a_host_records_as_often_as_it_likes() {
    in_both_modes(|gil| {
        let runtime = runtime(gil);
        let scratch = Scratch::new();
        runtime.exec(PROGRAM).unwrap();
        for round in 0..2 {
            let path = scratch.path().join(format!("round-{round}.json"));
            let timeline = runtime.timeline(&path).unwrap();
            let again = runtime.timeline(scratch.path().join("again.json"));
            let refused = again.err().expect("there is a recording");
            assert_eq!(refused.kind(), ErrorKind::Option);
            runtime.exec(PROGRAM).unwrap();
            // A thread of the host's has a lane of its own.
            thread::scope(|scope| {
                let host = thread::Builder::new().name("visitor".to_owned());
                let enter = || runtime.exec("time.sleep(0.01)").unwrap();
                host.spawn_scoped(scope, enter).unwrap();
            });
            timeline.finish();
            runtime.exec("unseen = 1").unwrap();
            let names = names(&path);
            for name in [
                "worker-0",
                "worker-2",
                "visitor",
                "waits for lock",
                "sleeps",
            ] {
                assert!(names.iter().any(|known| known == name), "{name}: {names:?}");
            }
        }
        assert!(!scratch.path().join("again.json").exists());
    });
}

#[test]
fn what_cannot_be_recorded_is_an_error_and_the_runtime_goes_on() {
    let runtime = runtime(true);
    for path in ["trace.txt", "/no/such/folder/trace.html"] {
        let refused = runtime.timeline(path).err().expect("it is refused");
        assert_eq!(refused.kind(), ErrorKind::Option);
        assert!(refused.to_string().contains(path), "{refused}");
    }
    runtime.exec(PROGRAM).unwrap();
}

#[test]
fn an_isolated_program_is_recorded_too() {
    let runtime = Runtime::builder()
        .isolated(Isolation::new())
        .build()
        .unwrap();
    let scratch = Scratch::new();
    let path = scratch.path().join("trace.json");
    let timeline = runtime.timeline(&path).unwrap();
    runtime.exec(PROGRAM).unwrap();
    drop(timeline);
    assert!(names(&path).iter().any(|name| name == "worker-1"));
}
