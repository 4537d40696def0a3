//! One style of modules: `foo/mod.rs`.

use super::problem::{Problem, Settings};
use crate::tree::{Result, Tree};

pub fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let has_folder = |path: &&str| {
        let folder = format!("{}/", path.trim_end_matches(".rs"));
        tree.files
            .iter()
            .any(|file| file.starts_with(&folder) && file.ends_with(".rs"))
    };
    let in_source = |path: &&str| path.contains("/src/");
    let both = tree
        .with_extension("rs")
        .filter(in_source)
        .filter(has_folder);
    Ok(both
        .map(|path| {
            Problem::new(
                path,
                0,
                "has a folder of the same name: move it there as mod.rs",
            )
        })
        .collect())
}
