//! Import circles among the files of a crate.
//!
//! A file depends on each file of its crate whose items it names by a path (`crate::`, `super::`,
//! `self::`, an imported name or a child's name before `::`). Counted in two ways, both held to the
//! limits: a name that `lib.rs` or a `mod.rs` re-exports counts as an item of theirs, or of the
//! file that defines it. A re-export itself is no dependency. Test code is left out, and so are
//! methods: a call of one names no file. A circle is a strongly connected set of files.
//!
//! A wing is a folder directly below `src`; the files that lie in `src` itself are one, too.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    problem::{Problem, Settings},
    source::{self, Segments, Source},
};
use crate::tree::{Result, Tree};

/// The largest circle that is let pass.
const MOST_FILES: usize = 7;

pub(crate) fn check(tree: &Tree, _: &Settings) -> Result<Vec<Problem>> {
    let mut problems = Vec::new();
    for folder in source_folders(tree) {
        let graphs =
            [Exports::Stay, Exports::Follow].map(|exports| Graph::read(tree, &folder, exports));
        let mut counts = Vec::new();
        for graph in graphs {
            let graph = graph?;
            let circles = graph.circles();
            counts.push((graph.files.len(), sizes(&circles)));
            for circle in &circles {
                if let Some(message) = graph.complaint(circle, &folder) {
                    let problem = Problem::new(&folder, 0, message);
                    if !problems
                        .iter()
                        .any(|known: &Problem| known.to_string() == problem.to_string())
                    {
                        problems.push(problem);
                    }
                }
            }
        }
        if let [(files, plain), (_, followed)] = counts.as_slice() {
            eprintln!(
                "  {folder}: {files} files, circles: {plain} (through re-exports: {followed})"
            );
        }
    }
    Ok(problems)
}

/// The circles' sizes, in words.
fn sizes(circles: &[Vec<usize>]) -> String {
    let sizes: Vec<String> = circles
        .iter()
        .map(|circle| circle.len().to_string())
        .collect();
    if sizes.is_empty() {
        "none".to_owned()
    } else {
        sizes.join(", ")
    }
}

/// `crates/*/src` and `xtask/src`.
fn source_folders(tree: &Tree) -> BTreeSet<String> {
    let folder = |path: &str| {
        let (before, _) = path.split_once("/src/")?;
        let depth = before.matches('/').count();
        let is_crate = before == "xtask" || (before.starts_with("crates/") && depth == 1);
        is_crate.then(|| format!("{before}/src/"))
    };
    tree.with_extension("rs").filter_map(folder).collect()
}

fn wing<'path>(file: &'path str, folder: &str) -> &'path str {
    file[folder.len()..]
        .split_once('/')
        .map_or("(src)", |(wing, _)| wing)
}

/// Where a path leads that goes through a re-export.
#[derive(Clone, Copy)]
enum Exports {
    /// To the file with the re-export.
    Stay,
    /// To the file with the definition.
    Follow,
}

struct Graph {
    files: Vec<String>,
    /// For each file, those that it depends on.
    arrows: Vec<BTreeSet<usize>>,
}

impl Graph {
    fn read(tree: &Tree, folder: &str, exports: Exports) -> Result<Self> {
        let all: Vec<&str> = tree
            .with_extension("rs")
            .filter(|path| path.starts_with(folder))
            .collect();
        let modules: BTreeMap<Segments, &str> = all
            .iter()
            .map(|path| (module_of(path, folder), *path))
            .collect();
        let mut sources = BTreeMap::new();
        let mut test_modules = BTreeSet::new();
        for (module, path) in &modules {
            let children: Vec<String> = modules
                .keys()
                .filter(|other| other.len() == module.len() + 1 && other.starts_with(module))
                .filter_map(|other| other.last().cloned())
                .collect();
            let source = source::read(&tree.text(path)?, module, &children);
            for name in &source.test_modules {
                test_modules.insert([module.as_slice(), std::slice::from_ref(name)].concat());
            }
            sources.insert(module.clone(), source);
        }
        let is_test = |module: &Segments| test_modules.iter().any(|test| module.starts_with(test));
        sources.retain(|module, _| !is_test(module));
        let numbers: BTreeMap<&Segments, usize> = sources
            .keys()
            .enumerate()
            .map(|(at, module)| (module, at))
            .collect();
        let mut arrows = vec![BTreeSet::new(); sources.len()];
        for (module, source) in &sources {
            for path in &source.used {
                let target = resolve(&sources, path, exports);
                if target != *module
                    && let Some(&number) = numbers.get(&target)
                {
                    arrows[numbers[module]].insert(number);
                }
            }
        }
        let files = sources
            .keys()
            .map(|module| modules[module].to_owned())
            .collect();
        Ok(Self { files, arrows })
    }

    /// Strongly connected sets of at least two files, the largest first: Tarjan's algorithm.
    fn circles(&self) -> Vec<Vec<usize>> {
        let mut walk = Walk::new(self);
        for file in 0..self.files.len() {
            if walk.order[file].is_none() {
                walk.visit(file);
            }
        }
        walk.found
            .sort_by_key(|circle| std::cmp::Reverse(circle.len()));
        walk.found
    }

    /// What is wrong with the circle, if anything.
    fn complaint(&self, circle: &[usize], folder: &str) -> Option<String> {
        let wings: BTreeSet<&str> = circle
            .iter()
            .map(|&file| wing(&self.files[file], folder))
            .collect();
        let count = circle.len();
        let message = if count > MOST_FILES {
            format!("a circle of {count} files (at most {MOST_FILES})")
        } else if wings.len() > 1 {
            let wings: Vec<_> = wings.into_iter().collect();
            format!(
                "a circle of {count} files across the wings {}",
                wings.join(", ")
            )
        } else {
            return None;
        };
        Some(format!("{message}:{}", self.describe(circle)))
    }

    /// The circle's files, each with those that it depends on inside the circle.
    fn describe(&self, circle: &[usize]) -> String {
        let mut text = String::new();
        for &file in circle {
            let inside = self.arrows[file]
                .iter()
                .filter(|target| circle.contains(target));
            let inside: Vec<&str> = inside.map(|&target| self.files[target].as_str()).collect();
            for part in ["\n      ", &self.files[file], " -> ", &inside.join(", ")] {
                text.push_str(part);
            }
        }
        text
    }
}

struct Walk<'graph> {
    graph: &'graph Graph,
    order: Vec<Option<usize>>,
    low: Vec<usize>,
    stack: Vec<usize>,
    count: usize,
    found: Vec<Vec<usize>>,
}

impl<'graph> Walk<'graph> {
    fn new(graph: &'graph Graph) -> Self {
        let files = graph.files.len();
        Self {
            graph,
            order: vec![None; files],
            low: vec![0; files],
            stack: Vec::new(),
            count: 0,
            found: Vec::new(),
        }
    }

    fn visit(&mut self, file: usize) {
        self.order[file] = Some(self.count);
        self.low[file] = self.count;
        self.count += 1;
        self.stack.push(file);
        for &target in &self.graph.arrows[file] {
            match self.order[target] {
                None => {
                    self.visit(target);
                    self.low[file] = self.low[file].min(self.low[target]);
                }
                Some(order) if self.stack.contains(&target) => {
                    self.low[file] = self.low[file].min(order);
                }
                Some(_) => {}
            }
        }
        if self.order[file] == Some(self.low[file]) {
            let begin = self
                .stack
                .iter()
                .position(|&other| other == file)
                .unwrap_or_default();
            let mut set = self.stack.split_off(begin);
            set.sort_unstable();
            if set.len() > 1 {
                self.found.push(set);
            }
        }
    }
}

/// `crates/a/src/b/mod.rs` is the module `b`, `crates/a/src/b/c.rs` is `b::c`, and `lib.rs` the
/// root.
fn module_of(path: &str, folder: &str) -> Segments {
    let mut module: Segments = path[folder.len()..]
        .trim_end_matches(".rs")
        .split('/')
        .map(str::to_owned)
        .collect();
    if module.last().is_some_and(|name| name == "mod")
        || matches!(module.as_slice(), [one] if one == "lib" || one == "main")
    {
        module.pop();
    }
    module
}

/// The module whose file holds the item that `path` leads to.
fn resolve(sources: &BTreeMap<Segments, Source>, path: &Segments, exports: Exports) -> Segments {
    /// More re-exports behind one another than any crate has: those that lead in a circle end here.
    const MOST_EXPORTS: usize = 16;
    let mut path = path.clone();
    for _ in 0..MOST_EXPORTS {
        let depth = (0..=path.len())
            .rev()
            .find(|&depth| sources.contains_key(&path[..depth]))
            .unwrap_or(0);
        let module = path[..depth].to_vec();
        let Some(item) = path.get(depth) else {
            return module;
        };
        if let Exports::Stay = exports {
            return module;
        }
        let exported = &sources[&module].exported;
        let Some((_, target)) = exported.iter().find(|(name, _)| name == item) else {
            return module;
        };
        path = [target.as_slice(), &path[depth + 1..]].concat();
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(arrows: &[&[usize]]) -> Graph {
        Graph {
            files: (0..arrows.len()).map(|file| file.to_string()).collect(),
            arrows: arrows
                .iter()
                .map(|targets| targets.iter().copied().collect())
                .collect(),
        }
    }

    #[test]
    fn circles_are_found() {
        assert!(graph(&[&[1, 2], &[2], &[]]).circles().is_empty());
        let circles = graph(&[&[1], &[2], &[0, 3], &[4], &[3]]).circles();
        assert_eq!(circles, [vec![0, 1, 2], vec![3, 4]]);
    }

    #[test]
    fn exports_are_followed() {
        let path = |text: &str| text.split("::").map(str::to_owned).collect::<Segments>();
        let root = Source {
            exported: vec![("A".to_owned(), path("a::A"))],
            ..Source::default()
        };
        let sources = BTreeMap::from([(Vec::new(), root), (path("a"), Source::default())]);
        assert_eq!(resolve(&sources, &path("A"), Exports::Follow), path("a"));
        assert_eq!(resolve(&sources, &path("a::B"), Exports::Follow), path("a"));
        assert_eq!(
            resolve(&sources, &path("A"), Exports::Stay),
            Segments::new()
        );
        assert_eq!(
            resolve(&sources, &path("B"), Exports::Follow),
            Segments::new()
        );
    }

    #[test]
    fn files_are_modules() {
        assert_eq!(
            module_of("crates/a/src/lib.rs", "crates/a/src/"),
            Segments::new()
        );
        assert_eq!(module_of("crates/a/src/b/mod.rs", "crates/a/src/"), ["b"]);
        assert_eq!(
            module_of("crates/a/src/b/c.rs", "crates/a/src/"),
            ["b", "c"]
        );
    }
}
