//! A host with plugins that are loaded from a folder, isolated from the host and from each other,
//! and loaded again when their files change.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example plugins -- [FOLDER]
//! [--once]`
//!
//! A plugin is a file `NAME.py` with a function `handle(event)`. Without a folder the example makes
//! one with two plugins; with `--once` it ends after one change of one of them, which it makes
//! itself.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use pyt_runtime::{Error, Isolation, ModuleBuilder, Output, Runtime, Value};

/// One plugin: a runtime of its own, so that plugins cannot reach each other.
struct Plugin {
    runtime: Runtime,
    handle: Value,
    changed: SystemTime,
}

impl Plugin {
    fn load(name: &str, path: &Path, changed: SystemTime) -> Result<Self, Error> {
        let log = name.to_owned();
        let host = ModuleBuilder::new("host")
            .value("VERSION", 1)
            .function("log", move |text: String| println!("  {log}: {text}"));
        let prefix = name.to_owned();
        let runtime = Runtime::builder()
            .isolated(Isolation::new())
            .stdout(Output::lines(move |line| {
                println!("  {prefix} prints: {}", line.text);
            }))
            .module(host)
            .build()?;
        runtime.run_file(path)?;
        let handle = runtime.get("handle")?;
        Ok(Self {
            runtime,
            handle,
            changed,
        })
    }

    /// Ends the plugin: its threads, its `atexit` functions.
    fn unload(self) {
        drop(self.handle);
        self.runtime.finish();
    }
}

#[derive(Default)]
struct Plugins(BTreeMap<String, Plugin>);

impl Plugins {
    /// Loads what is new or has changed in `folder`, and unloads what is gone. A plugin that fails
    /// to load leaves the one before in place.
    fn refresh(&mut self, folder: &Path) -> io::Result<()> {
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "py")
                && let Some(name) = path.file_stem()
            {
                found.insert(name.to_string_lossy().into_owned(), path);
            }
        }
        let gone: Vec<_> = self
            .0
            .keys()
            .filter(|name| !found.contains_key(*name))
            .cloned()
            .collect();
        for name in gone {
            println!("unloading {name}");
            if let Some(plugin) = self.0.remove(&name) {
                plugin.unload();
            }
        }
        for (name, path) in found {
            let changed = fs::metadata(&path)?.modified()?;
            if self
                .0
                .get(&name)
                .is_some_and(|loaded| loaded.changed == changed)
            {
                continue;
            }
            match Plugin::load(&name, &path, changed) {
                Ok(plugin) => {
                    println!("loaded {name}");
                    if let Some(before) = self.0.insert(name, plugin) {
                        before.unload();
                    }
                }
                Err(error) => println!("{name} cannot be loaded: {error}"),
            }
        }
        Ok(())
    }

    fn send(&self, event: &str) {
        println!("event {event}");
        for (name, plugin) in &self.0 {
            match plugin.handle.call::<String>((event,)) {
                Ok(answer) => println!("  {name} answers {answer:?}"),
                Err(error) => println!("  {name} failed: {error}"),
            }
        }
    }
}

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let once = arguments.iter().any(|argument| argument == "--once");
    let given = arguments
        .iter()
        .find(|argument| !argument.starts_with("--"));
    let folder = match given {
        Some(folder) => PathBuf::from(folder),
        None => samples()?,
    };
    let mut plugins = Plugins::default();
    plugins.refresh(&folder)?;
    plugins.send("started");
    if once {
        fs::write(
            folder.join("polite.py"),
            POLITE.replace("Good day", "Good night"),
        )?;
        fs::remove_file(folder.join("curious.py"))?;
        plugins.refresh(&folder)?;
        plugins.send("changed");
    } else {
        println!("change a plugin in {}", folder.display());
        loop {
            thread::sleep(Duration::from_secs(1));
            plugins.refresh(&folder)?;
            plugins.send("tick");
        }
    }
    for (_, plugin) in plugins.0 {
        plugin.unload();
    }
    if given.is_none() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

const POLITE: &str = "
import host

def handle(event):
    host.log(f'host version {host.VERSION}')
    return f'Good day, {event}'
";

/// It tries what it is not granted.
const CURIOUS: &str = "
def handle(event):
    print('looking around')
    return open('/etc/passwd').read()
";

fn samples() -> io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("pyt-plugins-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("polite.py"), POLITE)?;
    fs::write(folder.join("curious.py"), CURIOUS)?;
    Ok(folder)
}
