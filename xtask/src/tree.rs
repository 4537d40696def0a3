//! The files of a checkout. Must not know what is done with them.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// What a command found wrong, in words for standard error.
pub(crate) type Result<T> = std::result::Result<T, String>;

/// The root of the repository that this program was built in.
pub(crate) fn root() -> PathBuf {
    let manifest = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    manifest
        .parent()
        .map_or_else(|| manifest.clone(), PathBuf::from)
}

/// Writes a file of the repository.
///
/// # Errors
/// A file that cannot be written.
pub(crate) fn write(path: &str, text: &str) -> Result<()> {
    fs::write(root().join(path), text).map_err(|error| format!("{path}: {error}"))
}

/// Replaces what stands between two lines of a file of the repository.
///
/// # Errors
/// A file that cannot be read or written, or that lacks one of the lines.
pub(crate) fn replace_between(path: &str, begin: &str, end: &str, text: &str) -> Result<()> {
    let before =
        fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let split = || {
        let (head, rest) = before.split_once(begin)?;
        let (_, tail) = rest.split_once(end)?;
        Some((head, tail))
    };
    let (head, tail) = split().ok_or(format!("{path} has no marks for the table"))?;
    write(path, &format!("{head}{begin}{text}{end}{tail}"))
}

/// Folders that hold nothing of the project's own.
const SKIPPED: &[&str] = &["target", "__pycache__", "packages"];

/// A checkout: its root and the paths of its files, relative to the root, sorted.
pub(crate) struct Tree {
    pub(crate) root: PathBuf,
    pub(crate) files: Vec<String>,
}

impl Tree {
    /// Lists the files below `root`, without symbolic links, hidden folders and those of
    /// [`SKIPPED`] names at the top or inside crates.
    ///
    /// # Errors
    /// A folder that cannot be read.
    pub(crate) fn read(root: &Path) -> Result<Self> {
        let mut files = Vec::new();
        collect(root, root, &mut files)?;
        files.sort();
        Ok(Self {
            root: root.to_owned(),
            files,
        })
    }

    /// The paths that end with `.extension`.
    pub(crate) fn with_extension<'tree>(
        &'tree self,
        extension: &'tree str,
    ) -> impl Iterator<Item = &'tree str> {
        self.files.iter().map(String::as_str).filter(move |path| {
            Path::new(path)
                .extension()
                .is_some_and(|found| found == extension)
        })
    }

    /// The text of a file.
    ///
    /// # Errors
    /// A file that cannot be read or is not UTF-8.
    pub(crate) fn text(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.root.join(path)).map_err(|error| format!("{path}: {error}"))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.root.join(path).exists()
    }
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result<()> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_symlink() {
            // Crates link to what is packaged with them; the files are listed where they are.
            continue;
        }
        if kind.is_dir() {
            let skipped = name.starts_with('.')
                || (SKIPPED.contains(&name.as_str()) && !path.starts_with(root.join("tests")));
            if !skipped {
                collect(root, &path, files)?;
            }
        } else if let Ok(relative) = path.strip_prefix(root) {
            files.push(relative.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
