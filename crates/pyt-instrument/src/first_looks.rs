//! What a run finds when it first looks at a file: the same in each run, unless an earlier one has
//! left something. Then runs are not made under the same conditions, and trying all of them proves
//! nothing.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hash, Hasher},
    path::Path,
};

/// How much of a file is compared, in bytes.
const MAX_COMPARED: u64 = 1 << 20;

/// What a run has found in the file system, and whether it has changed it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FirstLooks {
    /// By path: what was there at first; `None` if the run has put it there itself.
    found: BTreeMap<String, Option<u64>>,
    /// It has listed a folder.
    lists: bool,
    /// It has changed something.
    changes: bool,
    /// Files that it has made, changed or removed.
    written: BTreeSet<String>,
}

impl FirstLooks {
    /// The run looks at this path, or changes it.
    pub(super) fn look(&mut self, path: &Path) {
        let path = path.to_string_lossy().into_owned();
        self.found
            .entry(path)
            .or_insert_with_key(|path| Some(state_of(Path::new(path))));
    }

    /// The run changes this path, whatever was there; `None`: a path that is not known.
    pub(super) fn set(&mut self, path: Option<&Path>) {
        self.changes = true;
        if let Some(path) = path {
            let path = path.to_string_lossy().into_owned();
            self.found.entry(path).or_insert(None);
        }
    }

    pub(super) fn changed(&mut self) {
        self.changes = true;
    }

    /// The run makes, changes or removes this file.
    pub(super) fn wrote(&mut self, path: &Path) {
        self.written.insert(path.to_string_lossy().into_owned());
    }

    /// The files that the run has made, changed or removed in code of the program's, as far as
    /// their paths are known.
    #[must_use]
    pub const fn written(&self) -> &BTreeSet<String> {
        &self.written
    }

    pub(super) fn list(&mut self) {
        self.lists = true;
    }

    /// Adds what another run has found. Returns whether the two began with different files, as far
    /// as they have looked.
    pub fn differ_from(&mut self, other: &Self) -> bool {
        let mut differ = false;
        for (path, state) in &other.found {
            let known = self.found.entry(path.clone()).or_insert(*state);
            differ |= matches!((&known, state), (Some(known), Some(state)) if known != state);
            *known = known.or(*state);
        }
        self.lists |= other.lists;
        self.changes |= other.changes;
        differ || self.lists && self.changes
    }
}

/// A number for what is at a path.
fn state_of(path: &Path) -> u64 {
    use std::io::Read as _;
    let mut hash = DefaultHasher::new();
    if let Ok(data) = std::fs::metadata(path) {
        (1, data.is_dir()).hash(&mut hash);
        if data.is_file() {
            data.len().hash(&mut hash);
            let mut text = Vec::new();
            if let Ok(file) = std::fs::File::open(path)
                && file.take(MAX_COMPARED).read_to_end(&mut text).is_ok()
            {
                text.hash(&mut hash);
            }
        }
    }
    hash.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_an_earlier_run_has_left_is_noticed() {
        let path = std::env::temp_dir().join(format!("pyt-first-looks-{}", std::process::id()));
        let run = || {
            let mut run = FirstLooks::default();
            run.look(&path);
            run
        };
        let mut all = FirstLooks::default();
        assert!(!all.differ_from(&run()));
        assert!(!all.differ_from(&run()), "nothing was left");
        std::fs::write(&path, "left").expect("a file in the temporary folder");
        let differ = all.differ_from(&run());
        std::fs::remove_file(&path).expect("it was written");
        assert!(differ);
    }

    #[test]
    fn what_a_run_writes_before_it_looks_is_its_own() {
        let mut all = FirstLooks::default();
        let mut run = FirstLooks::default();
        run.set(Some(Path::new("/nowhere/log")));
        run.look(Path::new("/nowhere/log"));
        assert!(!all.differ_from(&run) && !all.differ_from(&run));
        run.list();
        assert!(
            all.differ_from(&run),
            "a folder may show what an earlier run has left"
        );
    }
}
