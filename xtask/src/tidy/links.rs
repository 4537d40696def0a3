//! Links of documents: files and headings exist, and no link leads to a package registry.

use std::path::{Component, Path, PathBuf};

use super::{
    markdown,
    problem::{Problem, Settings},
};
use crate::tree::{Result, Tree};

/// Hosts of package registries: packages are called by their plain names.
const REGISTRIES: &[&str] = &["crates.io", "docs.rs", "lib.rs", "pypi.org", "npmjs.com"];

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for path in tree.with_extension("md") {
        let document = tree.text(path)?;
        for link in markdown::links(&document) {
            if let Some(message) = complaint(tree, path, &document, &link.target)? {
                problems.push(Problem::new(path, link.line, message));
            }
        }
    }
    Ok(problems)
}

fn complaint(tree: &Tree, path: &str, document: &str, target: &str) -> Result<Option<String>> {
    if let Some((_, address)) = target.split_once("://") {
        let host = address.split('/').next().unwrap_or_default();
        let registry = REGISTRIES
            .iter()
            .find(|registry| host == **registry || host.ends_with(&format!(".{registry}")));
        return Ok(registry.map(|registry| {
            format!("a link to a package registry ({registry}): write the plain name")
        }));
    }
    if target.starts_with("mailto:") {
        return Ok(None);
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let found = if file.is_empty() {
        path.to_owned()
    } else {
        joined(path, file)
    };
    if !tree.exists(&found) {
        return Ok(Some(format!("a link to {file}, which is not there")));
    }
    if anchor.is_empty()
        || Path::new(&found)
            .extension()
            .is_none_or(|extension| extension != "md")
    {
        return Ok(None);
    }
    let other = if file.is_empty() {
        document.to_owned()
    } else {
        tree.text(&found)?
    };
    let known = markdown::anchors(&other)
        .iter()
        .any(|known| known == anchor);
    Ok((!known).then(|| format!("a link to {target}, but {found} has no such heading")))
}

/// `target` as seen from the document at `path`, from the root.
pub(crate) fn joined(path: &str, target: &str) -> String {
    let mut joined = PathBuf::from(path);
    joined.pop();
    for component in Path::new(target).components() {
        match component {
            Component::ParentDir => {
                joined.pop();
            }
            Component::Normal(name) => joined.push(name),
            _ => {}
        }
    }
    joined.to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn targets_are_relative_to_the_document() {
        assert_eq!(joined("docs/cli.md", "explore.md"), "docs/explore.md");
        assert_eq!(joined("docs/adr/0001.md", "../../README.md"), "README.md");
        assert_eq!(joined("README.md", "docs/adr/"), "docs/adr");
    }
}
