//! Names for locks, queues and the like: by what holds them in the program, where that is known,
//! and otherwise a noun and a number.

use std::collections::{HashMap, HashSet};

use crate::annotations::PrimitiveName;

/// Names objects, each once.
#[derive(Clone, Debug, Default)]
pub struct ObjectNames {
    names: HashMap<usize, ObjectName>,
    counts: HashMap<&'static str, u32>,
    /// What was given, with the noun: a condition and its lock have the same name.
    used: HashSet<(&'static str, String)>,
}

/// The name of an object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct ObjectName {
    /// `lock 1`, `self.lock of <Account #2>`.
    short: String,
    /// With what it is, if the name does not say so, and where it was made.
    full: String,
}

impl ObjectNames {
    /// No object has a name yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The name of the object at the address `object`. If it has none, it gets the next number
    /// among those with this noun.
    pub fn name_or_number(&mut self, noun: &'static str, object: usize) -> &str {
        self.give(noun, object, None, "");
        self.get(object).unwrap_or_default()
    }

    /// As [`name_or_number`](Self::name_or_number), with all that is known of the object:
    /// `self.lock of <Account #2>, made at bank.py:4`.
    pub fn full_name_or_number(&mut self, noun: &'static str, object: usize) -> &str {
        self.give(noun, object, None, "");
        self.full(object).unwrap_or_default()
    }

    /// Gives the object at the address `object`, which is a `noun`, the name that it has in the
    /// program. `made_at` is a place, `bank.py:4`, or empty. Nothing changes if it has a name.
    pub fn name(
        &mut self,
        noun: &'static str,
        object: usize,
        in_program: &PrimitiveName,
        made_at: &str,
    ) {
        self.give(noun, object, Some(in_program), made_at);
    }

    fn give(
        &mut self,
        noun: &'static str,
        object: usize,
        in_program: Option<&PrimitiveName>,
        made_at: &str,
    ) {
        if self.names.contains_key(&object) {
            return;
        }
        let known = in_program.and_then(|name| Some((name, name.text.as_deref()?)));
        let (mut short, is_plain) = match known {
            None => {
                let count = self.counts.entry(noun).or_default();
                *count += 1;
                (format!("{noun} {count}"), false)
            }
            Some((name, text)) => match (&name.instance, &name.function) {
                (Some((class, number)), _) => (format!("{text} of <{class} #{number}>"), false),
                (None, Some(function)) => (format!("{text} of {function}()"), false),
                (None, None) => (text.to_owned(), true),
            },
        };
        let plain = short.clone();
        let mut number = 1;
        while !self.used.insert((noun, short.clone())) {
            number += 1;
            short = format!("{plain} #{number}");
        }
        let says_what = known.is_none_or(|(_, text)| says(text, noun));
        let full = match (is_plain, says_what, made_at.is_empty()) {
            (_, true, true) => short.clone(),
            (true, false, true) => format!("{short} ({noun})"),
            (true, true, false) => format!("{short} ({made_at})"),
            (true, false, false) => format!("{short} ({noun}, {made_at})"),
            (false, true, false) => format!("{short}, made at {made_at}"),
            (false, false, true) => format!("{short}, {}", with_article(noun)),
            (false, false, false) => format!("{short}, {} made at {made_at}", with_article(noun)),
        };
        self.names.insert(object, ObjectName { short, full });
    }

    /// Gives the object at the address `object` this name.
    pub fn set(&mut self, object: usize, name: &str) {
        let name = ObjectName {
            short: name.to_owned(),
            full: name.to_owned(),
        };
        self.names.insert(object, name);
    }

    /// The name of the object at the address `object`, if it has one.
    #[must_use]
    pub fn get(&self, object: usize) -> Option<&str> {
        self.names.get(&object).map(|name| name.short.as_str())
    }

    /// All that is known of the object at the address `object`, if it has a name.
    #[must_use]
    pub fn full(&self, object: usize) -> Option<&str> {
        self.names.get(&object).map(|name| name.full.as_str())
    }
}

/// Words of names that say what the object is.
const WORDS: [(&str, &[&str]); 7] = [
    ("lock", &["lock", "mutex", "guard"]),
    ("RLock", &["lock", "mutex", "guard"]),
    ("condition", &["cond"]),
    ("semaphore", &["sem"]),
    ("queue", &["queue"]),
    ("barrier", &["barrier"]),
    ("future", &["fut"]),
];

/// Whether a name says that the object is a `noun`.
fn says(name: &str, noun: &str) -> bool {
    let name = name.to_lowercase();
    let words = WORDS.iter().find(|(known, _)| *known == noun);
    words.map_or_else(
        || name.contains(noun),
        |(_, words)| words.iter().any(|word| name.contains(word)),
    )
}

fn with_article(noun: &str) -> String {
    match noun.starts_with(['a', 'e', 'i', 'o', 'u', 'R']) {
        true => format!("an {noun}"),
        false => format!("a {noun}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_count_by_noun_and_stay() {
        let mut names = ObjectNames::new();
        assert_eq!(names.name_or_number("lock", 16), "lock 1");
        assert_eq!(names.name_or_number("queue", 32), "queue 1");
        assert_eq!(names.name_or_number("lock", 48), "lock 2");
        assert_eq!(names.name_or_number("lock", 16), "lock 1");
        names.set(64, "worker");
        assert_eq!((names.get(64), names.get(80)), (Some("worker"), None));
    }

    #[test]
    fn names_of_the_program_come_first() {
        let name = |text: &str, instance: Option<usize>, function: Option<&str>| PrimitiveName {
            text: Some(text.to_owned()),
            instance: instance.map(|number| (String::from("Account"), number)),
            function: function.map(str::to_owned),
            made_at: None,
        };
        let mut names = ObjectNames::new();
        let mut given = 0;
        let mut full = |noun, name: PrimitiveName, made_at: &str| {
            given += 16;
            names.name(noun, given, &name, made_at);
            names.full(given).unwrap_or_default().to_owned()
        };
        let of = |number| name("self.lock", Some(number), None);
        assert_eq!(
            full("lock", of(1), "bank.py:4"),
            "self.lock of <Account #1>, made at bank.py:4"
        );
        assert_eq!(full("lock", of(2), ""), "self.lock of <Account #2>");
        assert_eq!(
            full("lock", name("lock", None, None), "bank.py:3"),
            "lock (bank.py:3)"
        );
        assert_eq!(
            full("event", name("ready", None, None), "bank.py:3"),
            "ready (event, bank.py:3)"
        );
        assert_eq!(
            full("event", name("self.ready", Some(1), None), "bank.py:9"),
            "self.ready of <Account #1>, an event made at bank.py:9"
        );
        assert_eq!(
            full("queue", name("items", None, Some("main")), "a.py:9"),
            "items of main(), a queue made at a.py:9"
        );
        // Another with the same name, and one without.
        assert_eq!(full("lock", name("lock", None, None), ""), "lock #2");
        assert_eq!(
            full("lock", PrimitiveName::default(), "a.py:1"),
            "lock 1, made at a.py:1"
        );
    }
}
