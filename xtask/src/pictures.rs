//! `cargo xtask pictures`: the pictures of pages in docs/pictures, made anew in a browser.

use std::{env, path::Path, process::Command};

use crate::tree::{Result, root};

/// Where the pictures are.
const FOLDER: &str = "docs/pictures";

pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let pyt = match arguments {
        [] => "target/release/pyt",
        [flag, path] if flag == "--pyt" => path,
        _ => return Err("cargo xtask pictures [--pyt PATH]".to_owned()),
    };
    let root = root();
    let pyt = Path::new(&root).join(pyt);
    if !pyt.is_file() {
        return Err(format!("{}: build pyt first", pyt.display()));
    }
    let python = env::var("PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let status = Command::new(python)
        .arg("tests/pictures/pictures.py")
        .arg(pyt)
        .arg(FOLDER)
        .current_dir(root)
        .status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("tests/pictures/pictures.py: {status}")),
        Err(error) => Err(format!("tests/pictures/pictures.py: {error}")),
    }
}
