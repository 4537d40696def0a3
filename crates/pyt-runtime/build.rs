//! Has this crate built anew when the Python source in `lib/` changes, which is compiled into it.
//!
//! Lists the files of the standard library that are no modules and that some modules need: pip's
//! wheel and the scripts of `venv`. They are taken from where upstream's library lies, and become
//! part of the program.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The folders of the library whose files are taken.
const FOLDERS: [&str; 3] = [
    "ensurepip/_bundled",
    "venv/scripts/common",
    "venv/scripts/posix",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=lib");
    let library = Path::new(rustpython_pylib::LIB_PATH);
    let mut table = String::from("&[\n");
    for folder in FOLDERS {
        for file in files(&library.join(folder)) {
            let name = file.file_name().and_then(|name| name.to_str());
            let (Some(name), Some(path)) = (name, file.to_str()) else {
                panic!("{} is not named in UTF-8", file.display());
            };
            table += &format!("    (\"{folder}/{name}\", include_bytes!({path:?})),\n");
        }
    }
    table += "]\n";
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    fs::write(out.join("library_files.rs"), table).expect("OUT_DIR can be written");
}

/// The files in a folder, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let listed = fs::read_dir(folder);
    let listed = listed.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut files: Vec<_> = listed
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.is_file())
        .collect();
    files.sort();
    files
}
