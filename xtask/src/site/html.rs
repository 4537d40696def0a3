//! The built pages: each link within the site leads to a file and a place that exist, and no page
//! loads anything from elsewhere.

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use regex_lite::Regex;

use crate::{
    tidy::links::joined,
    tree::{Result, Tree},
};

/// What is wrong with the pages below `site`, a line each.
///
/// # Errors
/// A page that cannot be read.
pub(crate) fn problems(site: &Path) -> Result<Vec<String>> {
    let tree = Tree::read(site)?;
    let mut pages = HashMap::new();
    for path in tree.with_extension("html") {
        pages.insert(path, tree.text(path)?);
    }
    let read = |pattern: &str| Regex::new(pattern).map_err(|error| error.to_string());
    let ids = read(r#" id="([^"]+)""#)?;
    let links = read(r#"<(\w+)[^>]* (?:href|src)="([^"]*)""#)?;
    let places: HashMap<&str, HashSet<&str>> = pages
        .iter()
        .map(|(path, text)| {
            let found = ids.captures_iter(text).filter_map(|found| found.get(1));
            (*path, found.map(|id| id.as_str()).collect())
        })
        .collect();
    let mut problems = Vec::new();
    for (path, text) in &pages {
        for link in links.captures_iter(text) {
            let (tag, target) = (&link[1], &link[2]);
            if target.contains("://") {
                if tag != "a" {
                    problems.push(format!("{path}: <{tag}> loads {target}"));
                }
                continue;
            }
            if target.starts_with("data:") || target.starts_with("mailto:") || target.is_empty() {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let found = match file {
                "" => (*path).to_owned(),
                _ => joined(path, file),
            };
            if !site.join(&found).is_file() {
                problems.push(format!("{path}: a link to {target}, which is not there"));
            } else if !place.is_empty()
                && !places
                    .get(found.as_str())
                    .is_some_and(|ids| ids.contains(place))
            {
                problems.push(format!("{path}: {found} has no place {place}"));
            }
        }
    }
    problems.sort();
    problems.dedup();
    if !site.join("index.html").is_file() {
        problems.push("there is no index.html".to_owned());
    }
    Ok(problems)
}
