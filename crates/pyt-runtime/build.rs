//! Has this crate built anew when the Python source in `lib/` changes, which is compiled into it.
//!
//! Lists the files of the standard library that are no modules and that some modules need: pip's
//! wheel and the scripts of `venv`. They are taken from where upstream's library lies, and become
//! part of the program.
//!
//! Compresses the sources of the library's modules, for tracebacks, `inspect` and debuggers
//! (`startup/library_sources.rs`).
//!
//! Without the feature `stdlib` these are the sources of the core's modules only, which are copied
//! so that they are frozen without the others (`config/library.rs`); and there are no other files.

use std::{
    collections::BTreeMap,
    env, fs, io,
    path::{Path, PathBuf},
};

/// How many bytes of sources are compressed together at least, and decompressed for one of them.
const BLOCK: usize = 256 * 1024;

/// Folders of the library whose sources are left out: programs with windows, and their topics.
const WITHOUT_SOURCES: [&str; 4] = ["idlelib", "pydoc_data", "tkinter", "turtledemo"];

/// The folders of the library whose files are taken.
const FOLDERS: [&str; 3] = [
    "ensurepip/_bundled",
    "venv/scripts/common",
    "venv/scripts/posix",
];

/// The modules and packages of the core, one in a line.
const CORE: &str = include_str!("src/config/core_library.txt");

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=lib");
    println!("cargo::rerun-if-changed=src/config/core_library.txt");
    let library = Path::new(rustpython_pylib::LIB_PATH);
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let is_whole = env::var_os("CARGO_FEATURE_STDLIB").is_some();
    let folders: &[&str] = if is_whole { &FOLDERS } else { &[] };
    let mut table = String::from("&[\n");
    for folder in folders {
        for file in files(&library.join(folder)) {
            let name = file.file_name().and_then(|name| name.to_str());
            let (Some(name), Some(path)) = (name, file.to_str()) else {
                panic!("{} is not named in UTF-8", file.display());
            };
            table += &format!("    (\"{folder}/{name}\", include_bytes!({path:?})),\n");
        }
    }
    table += "]\n";
    fs::write(out.join("library_files.rs"), table).expect("OUT_DIR can be written");
    let mut sources = BTreeMap::new();
    if is_whole {
        collect(library, "", &mut sources);
    } else {
        let core = out.join("core_library");
        copy_core(library, &core).expect("the library can be read, and OUT_DIR written");
        let frozen = "rustpython_vm::py_freeze!(dir = \"core_library\")";
        fs::write(out.join("core_library.rs"), frozen).expect("OUT_DIR can be written");
        collect(&core, "", &mut sources);
    }
    // Modules of our own stand in the place of upstream's.
    collect(Path::new("lib"), "", &mut sources);
    write_sources(&sources, &out);
}

/// Copies the modules and packages of the core.
fn copy_core(library: &Path, core: &Path) -> io::Result<()> {
    if core.exists() {
        fs::remove_dir_all(core)?;
    }
    fs::create_dir(core)?;
    for name in CORE.lines() {
        let package = library.join(name);
        if package.is_dir() {
            let copy = core.join(name);
            fs::create_dir(&copy)?;
            for file in files(&package) {
                fs::copy(&file, copy.join(file.file_name().unwrap_or_default()))?;
            }
        } else {
            let file = format!("{name}.py");
            fs::copy(library.join(&file), core.join(&file))?;
        }
    }
    Ok(())
}

/// The sources in and below a folder, by the names of their modules.
fn collect(folder: &Path, prefix: &str, sources: &mut BTreeMap<String, Vec<u8>>) {
    let listed = fs::read_dir(folder);
    let listed = listed.unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    for path in listed.filter_map(|entry| entry.ok().map(|entry| entry.path())) {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.unwrap_or_default();
        if path.is_dir() {
            if !WITHOUT_SOURCES.contains(&name) {
                collect(&path, &format!("{prefix}{name}."), sources);
            }
        } else if let Some(name) = name.strip_suffix(".py") {
            let module = match name {
                "__init__" => prefix.trim_end_matches('.').to_owned(),
                name => format!("{prefix}{name}"),
            };
            let source = fs::read(&path);
            let source = source.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            sources.insert(module, source);
        }
    }
}

/// Writes the compressed blocks one after the other, and a table in lines: a block's length where
/// it begins, and a module's name and the length of its source.
fn write_sources(sources: &BTreeMap<String, Vec<u8>>, out: &Path) {
    let (mut table, mut blocks) = (String::new(), Vec::new());
    let (mut lines, mut block) = (String::new(), Vec::new());
    let mut end = |lines: &mut String, block: &mut Vec<u8>| {
        let compressed = xz::encode_all(block.as_slice(), 6).expect("sources can be compressed");
        table += &format!("{}\n{lines}", compressed.len());
        blocks.extend(compressed);
        lines.clear();
        block.clear();
    };
    for (module, source) in sources {
        lines += &format!("{module} {}\n", source.len());
        block.extend(source);
        if block.len() >= BLOCK {
            end(&mut lines, &mut block);
        }
    }
    end(&mut lines, &mut block);
    fs::write(out.join("library_sources.txt"), table).expect("OUT_DIR can be written");
    fs::write(out.join("library_sources.xz"), blocks).expect("OUT_DIR can be written");
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
