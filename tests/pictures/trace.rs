//! A timeline in Chrome's format, read as Perfetto reads it, and what must be true of each.
//!
//! The format's rules that are checked here are those of the document "Trace Event Format" and of
//! Perfetto's importer: slices of a thread nest; each flow has a begin and an end, and each of them
//! lies in a slice of its thread.

use std::{collections::BTreeMap, fs};

use serde_json::Value;

/// A file.
pub(crate) struct Trace {
    events: Vec<Value>,
    about: Value,
}

impl Trace {
    #[track_caller]
    pub(crate) fn read(path: &str) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut file: Value =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let events = file["traceEvents"].take();
        Self {
            events: serde_json::from_value(events).unwrap(),
            about: file["otherData"].take(),
        }
    }

    pub(crate) fn about(&self, name: &str) -> &str {
        self.about[name].as_str().unwrap()
    }

    pub(crate) fn events<'a>(&'a self, phase: &'a str) -> impl Iterator<Item = &'a Value> {
        self.events.iter().filter(move |event| event["ph"] == phase)
    }

    pub(crate) fn slices_named(&self, name: &str) -> Vec<&Value> {
        self.events("X")
            .filter(|slice| slice["name"] == name)
            .collect()
    }

    pub(crate) fn slice_names(&self) -> Vec<&str> {
        let mut names: Vec<_> = self
            .events("X")
            .filter_map(|slice| slice["name"].as_str())
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    fn names(&self) -> BTreeMap<u64, &str> {
        let named = self
            .events("M")
            .filter(|event| event["name"] == "thread_name");
        named
            .map(|event| {
                let name = event["args"]["name"].as_str().unwrap();
                (event["tid"].as_u64().unwrap(), name)
            })
            .collect()
    }

    /// The names of all threads, in the order of their lanes.
    pub(crate) fn threads(&self) -> Vec<String> {
        self.names().into_values().map(str::to_owned).collect()
    }

    pub(crate) fn thread_of(&self, event: &Value) -> String {
        self.names()[&event["tid"].as_u64().unwrap()].to_owned()
    }
}

/// Nanoseconds.
#[expect(
    clippy::cast_possible_truncation,
    reason = "a test takes less than 292 years"
)]
fn nanos(value: &Value) -> i64 {
    (value.as_f64().unwrap() * 1000.0).round() as i64
}

/// Asserts that the file is what tools for it expect.
#[track_caller]
pub(crate) fn whole(trace: &Trace) {
    let mut lanes: BTreeMap<u64, Vec<(i64, i64)>> = BTreeMap::new();
    for slice in trace.events("X") {
        let from = nanos(&slice["ts"]);
        let duration = nanos(&slice["dur"]);
        assert!(from >= 0 && duration >= 0, "{slice}");
        let lane = lanes.entry(slice["tid"].as_u64().unwrap()).or_default();
        lane.push((from, from + duration));
    }
    for (lane, slices) in &mut lanes {
        // The outer before the inner.
        slices.sort_by_key(|(from, to)| (*from, -to));
        let mut open: Vec<i64> = Vec::new();
        for (from, to) in slices {
            while open.last().is_some_and(|end| *end <= *from) {
                open.pop();
            }
            assert!(
                open.iter().all(|end| *to <= *end),
                "lane {lane}: {from} to {to} overlaps"
            );
            open.push(*to);
        }
    }
    let mut flows: BTreeMap<u64, (Option<&Value>, Option<&Value>)> = BTreeMap::new();
    for begin in trace.events("s") {
        flows.entry(begin["id"].as_u64().unwrap()).or_default().0 = Some(begin);
    }
    for end in trace.events("f") {
        assert_eq!(end["bp"], "e");
        flows.entry(end["id"].as_u64().unwrap()).or_default().1 = Some(end);
    }
    for (id, ends) in flows {
        let (Some(begin), Some(end)) = ends else {
            panic!("flow {id} has one end only");
        };
        assert!(nanos(&begin["ts"]) <= nanos(&end["ts"]), "{begin} {end}");
        for event in [begin, end] {
            let at = nanos(&event["ts"]);
            let slices = &lanes[&event["tid"].as_u64().unwrap()];
            let is_inside = slices.iter().any(|(from, to)| *from <= at && at <= *to);
            assert!(is_inside, "no slice of the thread is there: {event}");
        }
    }
}
