//! The JSON of `pyt explore` is as docs/explore.schema.json says.

use pyt_test::{Scratch, pyt, workspace};
use serde_json::Value;

use crate::explorations::run;

/// Explores a script of `tests/explore`, or a text, and checks the JSON.
fn check(script: &str, arguments: &[&str]) -> Value {
    let scratch = Scratch::new();
    let output = format!("--output={}", scratch.at("found"));
    let script = match script.lines().count() {
        1 => workspace().join("tests/explore").join(script),
        _ => scratch.write("program.py", script).into(),
    };
    let command = pyt(["explore", "--jobs=1", "--json", &output]).args(arguments);
    let done = run(command.arg(script));
    let report = json(&done.stdout).unwrap_or_else(|error| panic!("{error}: {done}"));
    let schema = std::fs::read_to_string(workspace().join("docs/explore.schema.json"));
    let schema = json(&schema.expect("the schema")).expect("a schema in JSON");
    let mut wrong = Vec::new();
    validate(&report, &schema, &schema, "$", &mut wrong);
    assert!(wrong.is_empty(), "{wrong:#?}");
    report
}

fn json(text: &str) -> serde_json::Result<Value> {
    serde_json::from_str(text)
}

/// Says where `value` is not as `schema` says, as far as the schema goes that is checked here.
fn validate(value: &Value, schema: &Value, root: &Value, at: &str, wrong: &mut Vec<String>) {
    for (keyword, wanted) in schema.as_object().expect("a schema") {
        let is_right = match keyword.as_str() {
            "$schema" | "title" | "$defs" => true,
            "$ref" => {
                let path = wanted.as_str().expect("a reference");
                let target = root.pointer(path.trim_start_matches('#'));
                let target = target.unwrap_or_else(|| panic!("{path} leads nowhere"));
                validate(value, target, root, at, wrong);
                true
            }
            "type" => match wanted {
                Value::Array(kinds) => kinds.iter().any(|kind| is_a(value, kind)),
                kind => is_a(value, kind),
            },
            "const" => value == wanted,
            "enum" => wanted.as_array().is_some_and(|all| all.contains(value)),
            "minimum" => value
                .as_f64()
                .is_none_or(|number| Some(number) >= wanted.as_f64()),
            "anyOf" => wanted.as_array().into_iter().flatten().any(|one| {
                let mut wrong = Vec::new();
                validate(value, one, root, at, &mut wrong);
                wrong.is_empty()
            }),
            "required" => value.as_object().is_none_or(|object| {
                let mut keys = wanted.as_array().into_iter().flatten();
                keys.all(|key| object.contains_key(key.as_str().unwrap_or_default()))
            }),
            "properties" => {
                for (key, schema) in wanted.as_object().expect("properties") {
                    if let Some(value) = value.get(key) {
                        validate(value, schema, root, &format!("{at}.{key}"), wrong);
                    }
                }
                true
            }
            "additionalProperties" => value.as_object().is_none_or(|object| {
                let mut keys = object.keys();
                keys.all(|key| schema["properties"].get(key).is_some())
            }),
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    validate(item, wanted, root, &format!("{at}[{index}]"), wrong);
                }
                true
            }
            other => panic!("{other} is not checked here"),
        };
        if !is_right {
            wrong.push(format!("{at}: {keyword} {wanted}: {value}"));
        }
    }
}

fn is_a(value: &Value, kind: &Value) -> bool {
    match kind.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_i64() || value.is_u64(),
        Some("number") => value.is_number(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        other => panic!("no type: {other:?}"),
    }
}

#[test]
fn of_a_race() {
    let report = check("bugs/lost_update_attribute.py", &["--schedules=60"]);
    let finding = &report["findings"][0];
    let steps = finding["steps"].as_array().expect("steps");
    let of_cause = finding["cause"]["steps"].as_array().expect("steps");
    for step in steps {
        let is_of_cause = of_cause.contains(&step["step"]);
        let stack = step["stack"].as_array();
        assert_eq!(stack.is_some(), is_of_cause, "{step}");
        if let Some(innermost) = stack.and_then(|stack| stack.first()) {
            assert_eq!(innermost["line"], step["line"]);
            assert_eq!(innermost["library"], false);
        }
    }
}

#[test]
fn of_a_deadlock() {
    let source = "import threading
class Account:
    def __init__(self):
        self.lock = threading.Lock()
    def move(self, target):
        with self.lock, target.lock:
            pass
a, b = Account(), Account()
threads = [threading.Thread(target=x.move, args=(y,)) for x, y in ((a, b), (b, a))]
for t in threads: t.start()
for t in threads: t.join()
";
    let report = check(source, &["--schedules=60"]);
    let finding = &report["findings"][0];
    let names: Vec<_> = finding["objects"]
        .as_array()
        .expect("objects")
        .iter()
        .filter_map(|object| object["name"].as_str())
        .filter(|name| name.contains("self.lock"))
        .collect();
    assert_eq!(
        names,
        ["self.lock of <Account #1>", "self.lock of <Account #2>"]
    );
    let locks = finding["objects"].as_array().expect("objects").iter();
    for lock in locks.filter(|object| !object["made_at"].is_null()) {
        assert_eq!(lock["made_at"]["line"], 4, "{lock}");
    }
    let threads = finding["deadlock"]["threads"].as_array().expect("threads");
    let waiting = threads.iter().find(|thread| thread["name"] != "MainThread");
    let waiting = waiting.expect("a thread that waits");
    assert_eq!(waiting["stack"][0]["function"], "Account.move", "{waiting}");
    let full = waiting["waits_for"].as_str().unwrap_or_default();
    assert!(full.ends_with(">, made at program.py:4"), "{full}");
}

#[test]
fn of_other_outcomes() {
    check(
        "deterministic/print_race.py",
        &["--schedules=30", "--same-output"],
    );
    check("correct/locked_counter.py", &["--schedules=5"]);
    check("bugs/abba_deadlock.py", &["--strategy=dpor"]);
    check("import sys\nsys.exit(3)\n", &["--schedules=3"]);
    check("import os\nos._exit(3)\n", &["--schedules=3"]);
}

#[test]
fn of_failures_of_all_kinds() {
    for script in [
        "bugs/barrier_reuse.py",
        "bugs/nested_monitor.py",
        "bugs/both_polite.py",
        "bugs/join_under_lock.py",
        "bugs/stateful.py",
        "bugs/executor_waits_for_itself.py",
        "bugs/torn_down_too_early.py",
    ] {
        let report = check(script, &["--schedules=40", "--stop-on-first"]);
        assert_eq!(
            report["findings"].as_array().map(Vec::len),
            Some(1),
            "{script}"
        );
    }
}

#[test]
fn of_a_step_that_a_thread_waits_to_take_for_ever() {
    let report = check("bugs/nested_monitor.py", &["--schedules=40"]);
    let finding = &report["findings"][0];
    let cause = &finding["cause"];
    assert_eq!(cause["second"], Value::Null, "{cause}");
    let waiting = cause["waiting"].as_u64().expect("a thread of the deadlock");
    let waiting = usize::try_from(waiting).expect("a small number");
    let thread = &finding["deadlock"]["threads"][waiting];
    assert!(
        thread["waits_for"]
            .as_str()
            .is_some_and(|text| text.contains("outer")),
        "{thread}"
    );
}
