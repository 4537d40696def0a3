//! Source locations of places, looked up once each.

use std::collections::{HashMap, HashSet};

use pyt_sched::controlled::Place;

use crate::annotations::SourceLocation;

/// Finds the source location of a place, if there is one.
pub type Describe<'a> = &'a dyn Fn(Place) -> Option<SourceLocation>;

pub(super) struct SourceCache<'a> {
    describe: Describe<'a>,
    known: HashMap<Place, Option<SourceLocation>>,
    /// Names that several files have.
    ambiguous: HashSet<String>,
}

impl<'a> SourceCache<'a> {
    pub(super) fn new(describe: Describe<'a>) -> Self {
        Self {
            describe,
            known: HashMap::new(),
            ambiguous: HashSet::new(),
        }
    }

    pub(super) fn at(&mut self, place: Place) -> Option<&SourceLocation> {
        let describe = self.describe;
        self.known
            .entry(place)
            .or_insert_with(|| describe(place))
            .as_ref()
    }

    /// Finds the files of these places: of two with the same name, the folders are shown, too.
    pub(super) fn learn(&mut self, places: impl Iterator<Item = Place>) {
        for place in places {
            self.at(place);
        }
        let known = self.known.values().flatten();
        let files: HashSet<&str> = known.map(|at| at.file.as_str()).collect();
        let mut seen: HashSet<&str> = HashSet::new();
        for file in &files {
            let name = file_name(file);
            if !seen.insert(name) {
                self.ambiguous.insert(name.to_owned());
            }
        }
    }

    /// The name of a file: with its folder, if the name alone says too little.
    pub(super) fn shown<'f>(&self, file: &'f str) -> &'f str {
        let name = file_name(file);
        if NAMES_IN_ALL_PACKAGES.contains(&name) || self.ambiguous.contains(name) {
            let folder = file[..file.len() - name.len()].trim_end_matches('/');
            &file[folder.rfind('/').map_or(0, |slash| slash + 1)..]
        } else {
            name
        }
    }

    /// `file.py:12`; empty if it is not known.
    pub(super) fn short(&mut self, place: Place) -> String {
        let at = self.at(place).cloned();
        at.map_or_else(String::new, |at| {
            format!("{}:{}", self.shown(&at.file), at.line)
        })
    }
}

/// Each package has files of these names.
const NAMES_IN_ALL_PACKAGES: [&str; 2] = ["__init__.py", "__main__.py"];

/// The last part of a path.
pub(super) fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_says_too_little_has_its_folder() {
        let file = |file: &str| SourceLocation {
            file: file.to_owned(),
            line: 61,
            function: String::new(),
            text: String::new(),
        };
        let describe = |place: Place| {
            let files = [
                "/a/shop/__init__.py",
                "/a/shop/cart.py",
                "/a/bank/cart.py",
                "main.py",
            ];
            files
                .get(usize::try_from(place.1).ok()?)
                .map(|name| file(name))
        };
        let mut sources = SourceCache::new(&describe);
        sources.learn((0..4).map(|number| Place(0, number, 0)));
        let shown = [0, 1, 2, 3].map(|number| sources.short(Place(0, number, 0)));
        let expected = [
            "shop/__init__.py:61",
            "shop/cart.py:61",
            "bank/cart.py:61",
            "main.py:61",
        ];
        assert_eq!(shown, expected);
        assert_eq!(
            SourceCache::new(&describe).short(Place(0, 1, 0)),
            "cart.py:61"
        );
    }
}
