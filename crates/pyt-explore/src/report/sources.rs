//! Source locations of places, looked up once each.

use std::collections::HashMap;

use pyt_sched::controlled::Place;

use crate::annotations::SourceLocation;

/// Finds the source location of a place, if there is one.
pub type Describe<'a> = &'a dyn Fn(Place) -> Option<SourceLocation>;

pub(super) struct SourceCache<'a> {
    describe: Describe<'a>,
    known: HashMap<Place, Option<SourceLocation>>,
}

impl<'a> SourceCache<'a> {
    pub(super) fn new(describe: Describe<'a>) -> Self {
        Self {
            describe,
            known: HashMap::new(),
        }
    }

    pub(super) fn at(&mut self, place: Place) -> Option<&SourceLocation> {
        let describe = self.describe;
        self.known
            .entry(place)
            .or_insert_with(|| describe(place))
            .as_ref()
    }

    /// `file.py:12`; empty if it is not known.
    pub(super) fn short(&mut self, place: Place) -> String {
        self.at(place).map_or_else(String::new, |at| {
            format!("{}:{}", file_name(&at.file), at.line)
        })
    }
}

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
