//! Names for locks, queues and the like, which have none in the program: a noun and a number.

use std::collections::HashMap;

/// Numbers objects by their nouns, in the order in which they are named: `lock 1`, `queue 1`,
/// `lock 2`.
#[derive(Clone, Debug, Default)]
pub struct ObjectNames {
    names: HashMap<usize, String>,
    counts: HashMap<&'static str, u32>,
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
        self.names.entry(object).or_insert_with(|| {
            let count = self.counts.entry(noun).or_default();
            *count += 1;
            format!("{noun} {count}")
        })
    }

    /// Gives the object at the address `object` this name.
    pub fn set(&mut self, object: usize, name: &str) {
        self.names.insert(object, name.to_owned());
    }

    /// The name of the object at the address `object`, if it has one.
    #[must_use]
    pub fn get(&self, object: usize) -> Option<&str> {
        self.names.get(&object).map(String::as_str)
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
}
