//! Which code gets decision points: the program's own, unless options say otherwise.
//!
//! A program's own files are those in its folders that are not installed. What lies elsewhere is
//! imported once, as the library, and looked into only where an option asks for it.

use std::{
    collections::{HashMap, HashSet},
    path::{Component, Path, PathBuf},
};

use parking_lot::{Mutex, RwLock};
use pyt_vm::state;
use rustpython_vm::{
    VirtualMachine,
    builtins::{PyCode, PyList, PyStr},
};

/// Which code is looked into.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LookInto {
    /// The folders whose files are the program's own, with all folders in them. None: all files
    /// that are not installed are.
    pub folders: Vec<PathBuf>,
    /// Packages and modules that are looked into although they are not the program's own: names in
    /// which `*` and `?` stand for any text and any letter. A package has its modules with it.
    pub include: Vec<String>,
    /// Those that are not looked into although they are.
    pub exclude: Vec<String>,
}

/// What was said of one interpreter.
#[derive(Default)]
struct Said(RwLock<LookInto>, RwLock<HashMap<String, SourceFile>>);

/// From now on, such code is looked into in the interpreter of `vm`. Code that has decision points
/// keeps them.
pub fn look_into(what: LookInto, vm: &VirtualMachine) {
    let state = state::of(vm);
    let Said(said, known) = state.slot();
    *said.write() = what;
    known.write().clear();
}

/// Whether the file, as tracebacks name it, is one of the program's own: each run imports it anew.
#[must_use]
pub fn is_own(file: &str, vm: &VirtualMachine) -> bool {
    file_of(file, vm).is_own
}

/// What is known of a source file.
#[derive(Clone, Copy, Debug)]
struct SourceFile {
    is_own: bool,
    is_looked_into: bool,
}

fn file_of(file: &str, vm: &VirtualMachine) -> SourceFile {
    let state = state::of(vm);
    let Said(said, known) = state.slot();
    if let Some(found) = known.read().get(file) {
        return *found;
    }
    let said_now = said.read();
    let (is_own, name) = place(file, &said_now, vm);
    let is_excluded = any_matches(&said_now.exclude, &name);
    let is_included = any_matches(&said_now.include, &name);
    let found = SourceFile {
        is_own,
        is_looked_into: (is_own || is_included) && !is_excluded,
    };
    drop(said_now);
    known.write().insert(file.to_owned(), found);
    found
}

/// Whether a file is the program's own, and the name of its module, as well as it is known.
fn place(file: &str, said: &LookInto, vm: &VirtualMachine) -> (bool, String) {
    // Frozen modules have their name for a file.
    if let Some(name) = file.strip_prefix("<frozen ") {
        return (false, name.trim_end_matches('>').to_owned());
    }
    if file == "<pyt>" || vm.state.frozen.contains_key(file) {
        return (false, file.to_owned());
    }
    let path = Path::new(file);
    // Text that was compiled under a name of its own, or a script that is named from here.
    if !path.is_absolute() {
        return (true, module_name(path));
    }
    if let Some(rest) = after_packages_folder(path) {
        return (false, module_name(&rest));
    }
    for folder in library_folders(vm) {
        if let Some(rest) = file.strip_prefix(&folder) {
            return (false, module_name(Path::new(rest)));
        }
    }
    let roots = || said.folders.iter();
    let real = || path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let is_inside =
        roots().any(|root| path.starts_with(root)) || roots().any(|root| real().starts_with(root));
    if let Some(rest) = installed_beside(path, said) {
        return (false, module_name(&rest));
    }
    let name = module_name(&below_search_path(path, vm));
    (said.folders.is_empty() || is_inside, name)
}

/// The folders that the library is said to be in, with a slash at the end.
fn library_folders(vm: &VirtualMachine) -> Vec<String> {
    let attribute = |name: &'static str| {
        let value = vm.sys_module.get_attr(name, vm).ok()?;
        Some(
            value
                .downcast_ref::<PyStr>()?
                .to_string_lossy()
                .into_owned(),
        )
    };
    let of_prefix = attribute("base_prefix").map(|prefix| format!("{prefix}/lib/python3.14"));
    let folders = [attribute("_stdlib_dir"), of_prefix].into_iter().flatten();
    folders
        .map(|folder| folder.trim_end_matches('/').to_owned() + "/")
        .collect()
}

/// What follows the last `site-packages` or `dist-packages` of a path.
fn after_packages_folder(path: &Path) -> Option<PathBuf> {
    let parts: Vec<Component<'_>> = path.components().collect();
    let is_packages = |part: &Component<'_>| {
        matches!(
            part.as_os_str().to_str(),
            Some("site-packages" | "dist-packages")
        )
    };
    let at = parts.iter().rposition(is_packages)?;
    Some(parts[at + 1..].iter().collect())
}

/// What a file is called in the folder above it that an installer has put it into: one that has
/// the metadata of a package (`NAME.dist-info`) to which the file belongs.
fn installed_beside(path: &Path, said: &LookInto) -> Option<PathBuf> {
    static FOLDERS: Mutex<Option<HashMap<PathBuf, HashSet<String>>>> = Mutex::new(None);
    let mut folders = FOLDERS.lock();
    let folders = folders.get_or_insert_default();
    for folder in path.ancestors().skip(1) {
        let rest = path.strip_prefix(folder).ok()?;
        let first = rest.components().next()?.as_os_str().to_str()?;
        let known = folders
            .entry(folder.to_owned())
            .or_insert_with(|| installed_into(folder));
        if known.contains(first) {
            return Some(rest.to_owned());
        }
        // A project's own folder is as far as its packages go.
        if said.folders.iter().any(|root| root == folder) {
            return None;
        }
    }
    None
}

/// The files and folders directly in `folder` that packages there have put into it.
fn installed_into(folder: &Path) -> HashSet<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let records = entries.filter_map(|entry| {
        let name = entry.file_name();
        let is_metadata = name.to_str()?.ends_with(".dist-info");
        is_metadata.then(|| std::fs::read_to_string(entry.path().join("RECORD")).ok())?
    });
    let mut names = HashSet::new();
    for record in records {
        let first = |line: &str| line.split(['/', ',']).next().unwrap_or_default().to_owned();
        names.extend(record.lines().map(first));
    }
    names
}

/// A path below the longest folder of `sys.path` that it lies in; its last part if there is none.
fn below_search_path(path: &Path, vm: &VirtualMachine) -> PathBuf {
    let search = vm.sys_module.get_attr("path", vm).ok();
    let entries = search
        .as_ref()
        .and_then(|list| list.downcast_ref::<PyList>());
    let entries = entries
        .map(|list| list.borrow_vec().to_vec())
        .unwrap_or_default();
    let below = entries.iter().filter_map(|entry| {
        let folder = entry
            .downcast_ref::<PyStr>()?
            .to_string_lossy()
            .into_owned();
        if folder.is_empty() {
            return None;
        }
        path.strip_prefix(&folder).ok().map(Path::to_owned)
    });
    let shortest = below.min_by_key(|rest| rest.components().count());
    shortest.unwrap_or_else(|| PathBuf::from(path.file_name().unwrap_or_default()))
}

/// `requests.adapters` for `requests/adapters.py`, `requests` for `requests/__init__.py`.
fn module_name(path: &Path) -> String {
    let path = path.with_extension("");
    let parts = path
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned());
    let mut parts: Vec<String> = parts.collect();
    if parts.last().is_some_and(|last| last == "__init__") {
        parts.pop();
    }
    parts.join(".")
}

/// Whether one of the patterns matches the module, or a package that it is in.
fn any_matches(patterns: &[String], name: &str) -> bool {
    let ends = name.match_indices('.').map(|(at, _)| at);
    let mut packages = ends.chain([name.len()]).map(|end| &name[..end]);
    packages.any(|package| patterns.iter().any(|pattern| matches(pattern, package)))
}

/// Whether a pattern with `*` and `?` matches all of `text`.
fn matches(pattern: &str, text: &str) -> bool {
    let Some(letter) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[letter.len_utf8()..];
    if letter == '*' {
        let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
        return ends.into_iter().any(|at| matches(rest, &text[at..]));
    }
    let Some(first) = text.chars().next() else {
        return false;
    };
    (letter == '?' || letter == first) && matches(rest, &text[first.len_utf8()..])
}

/// Whether `code` gets decision points.
pub(super) fn is_looked_into(code: &PyCode, vm: &VirtualMachine) -> bool {
    file_of(code.source_path().as_str(), vm).is_looked_into
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_matches_a_module_and_the_packages_that_it_is_in() {
        let all = |patterns: &[&str], name: &str| {
            let patterns: Vec<String> = patterns.iter().map(ToString::to_string).collect();
            any_matches(&patterns, name)
        };
        assert!(all(&["requests"], "requests.adapters"));
        assert!(all(&["requests.*"], "requests.adapters"));
        assert!(!all(&["requests.*"], "requests"));
        assert!(!all(&["requests"], "requests_cache.core"));
        assert!(all(&["a", "req?ests"], "requests"));
        assert!(all(&["*"], "anything.at.all"));
        assert!(!all(&[], "anything"));
    }

    #[test]
    fn files_have_the_names_of_their_modules() {
        assert_eq!(
            module_name(Path::new("requests/adapters.py")),
            "requests.adapters"
        );
        assert_eq!(module_name(Path::new("requests/__init__.py")), "requests");
        let installed = Path::new("/v/lib/python3.14/site-packages/a/b.py");
        assert_eq!(
            after_packages_folder(installed),
            Some(PathBuf::from("a/b.py"))
        );
        assert_eq!(after_packages_folder(Path::new("/home/a.py")), None);
    }

    #[test]
    fn metadata_beside_a_package_says_that_it_is_installed() {
        let folder = std::env::temp_dir().join(format!("pyt-user-{}", std::process::id()));
        let vendor = folder.join("vendor");
        std::fs::create_dir_all(vendor.join("six-1.0.dist-info")).unwrap();
        let record = "six.py,sha256=x,1\nmore/__init__.py,,\nsix-1.0.dist-info/RECORD,,\n";
        std::fs::write(vendor.join("six-1.0.dist-info/RECORD"), record).unwrap();
        let said = LookInto {
            folders: vec![folder.clone()],
            ..LookInto::default()
        };
        let beside = |name: &str| installed_beside(&vendor.join(name), &said);
        assert_eq!(beside("six.py"), Some(PathBuf::from("six.py")));
        assert_eq!(
            beside("more/inner.py"),
            Some(PathBuf::from("more/inner.py"))
        );
        assert_eq!(beside("own.py"), None);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
