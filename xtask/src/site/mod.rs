//! The documentation site: `docs/` as a book, built by mdBook.
//!
//! The book is built from a copy of the documents below `target/site`, which has the folders of the
//! repository: links between documents work in it as they are, also to documents outside of `docs`.
//! Links to what is no page of the book are rewritten (`links`). Must not reach the network.

mod html;
mod links;
pub(crate) mod summary;

use std::{
    env, fs,
    path::Path,
    process::{Command, Stdio},
};

use self::{
    links::Destinations,
    summary::{DOCS, Summary},
};
use crate::tree::{Result, Tree, root};

/// What mdBook is had by.
const HOW_TO_GET_MDBOOK: &str = "cargo install mdbook --locked";

/// The page that leads to the first one.
const INDEX: &str = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
    <title>pyt</title>\n<meta http-equiv=\"refresh\" content=\"0; url=docs/README.html\">\n</head>\n\
    <body><a href=\"docs/README.html\">pyt's documentation</a></body>\n</html>\n";

/// Builds the site into `target/site/html`. `repository` is the address of the repository on a code
/// host, where links to source files lead; without it they are plain text.
///
/// # Errors
/// A page that `SUMMARY.md` lacks, a build that fails, or a link of the built pages that leads
/// nowhere.
pub(crate) fn build(repository: Option<&str>) -> Result<()> {
    let tree = Tree::read(&root())?;
    let summary = Summary::read(&tree)?;
    if !has_mdbook() {
        eprintln!("NOT BUILT: no mdbook for the site. `{HOW_TO_GET_MDBOOK}` brings it.");
        return Ok(());
    }
    let site = root().join("target/site");
    let source = site.join("source");
    let html = site.join("html");
    for folder in [&source, &html] {
        if folder.exists() {
            fs::remove_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
        }
    }
    copy(&tree, &summary, &source, repository)?;
    let mut mdbook = Command::new("mdbook");
    mdbook
        .arg("build")
        .arg(&source)
        .arg("--dest-dir")
        .arg(&html);
    let status = mdbook
        .status()
        .map_err(|error| format!("mdbook: {error}"))?;
    if !status.success() {
        return Err(format!("mdbook build: {status}"));
    }
    // mdBook's is a copy of the first page, whose links are those of its folder.
    write(&html.join("index.html"), INDEX)?;
    let problems = html::problems(&html)?;
    if !problems.is_empty() {
        return Err(problems.join("\n"));
    }
    eprintln!("built: {}", html.join("index.html").display());
    look(&html)
}

/// Looks at the pages in a browser, where `PYT_CHROMIUM` names one.
fn look(html: &Path) -> Result<()> {
    if env::var_os("PYT_CHROMIUM").is_none() {
        return Ok(());
    }
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let status = Command::new(python)
        .arg(root().join("xtask/look.py"))
        .arg(html)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("xtask/look.py: {status}")),
        Err(error) => Err(format!("xtask/look.py: {error}")),
    }
}

fn has_mdbook() -> bool {
    let mut version = Command::new("mdbook");
    version
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    version.status().is_ok_and(|status| status.success())
}

/// Writes the book's source below `source`.
fn copy(tree: &Tree, summary: &Summary, source: &Path, repository: Option<&str>) -> Result<()> {
    let destinations = Destinations {
        tree,
        pages: &summary.pages,
        repository,
    };
    for page in &summary.pages {
        let text = links::rewritten(&tree.text(page)?, page, &destinations);
        write(&source.join(page), &text)?;
    }
    // Files that documents show or link to, such as the schema of reports.
    let inside = format!("{DOCS}/");
    let is_document = |path: &str| {
        Path::new(path)
            .extension()
            .is_some_and(|extension| extension == "md")
    };
    for path in tree.files.iter().filter(|path| path.starts_with(&inside)) {
        if !is_document(path) {
            let to = source.join(path);
            make_folder_of(&to)?;
            fs::copy(tree.root.join(path), &to).map_err(|error| format!("{path}: {error}"))?;
        }
    }
    // mdBook looks for both at the top of the book.
    write(&source.join("SUMMARY.md"), &summary.text_from_root())?;
    let settings = tree.text(&format!("{DOCS}/book.toml"))?;
    let settings = settings.replace("[\"site.css\"]", &format!("[\"{DOCS}/site.css\"]"));
    write(&source.join("book.toml"), &settings)
}

fn write(path: &Path, text: &str) -> Result<()> {
    make_folder_of(path)?;
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn make_folder_of(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(path);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))
}

#[cfg(test)]
mod tests {
    use super::{summary::ADR_INDEX, *};

    #[test]
    fn the_summary_of_this_checkout_can_be_read() {
        let tree = Tree::read(&root()).unwrap();
        let summary = Summary::read(&tree).unwrap();
        assert!(summary.problems(&tree).is_empty());
        assert!(summary.pages.iter().any(|page| page == "docs/cli.md"));
        assert!(summary.pages.iter().any(|page| page == ADR_INDEX));
    }
}
