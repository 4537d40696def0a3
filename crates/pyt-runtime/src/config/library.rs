//! The modules of the standard library that are written in Python and frozen into the program: all
//! of them, or those that the interpreter itself needs.
//!
//! Their sources and the library's other files are not known here (`startup`).

use rustpython_vm::frozen::{FrozenLib, FrozenModule};

/// What the interpreter itself needs of the standard library to begin, and what `threading` and
/// `queue` stand on: modules and packages, one in a line. `build.rs` reads the same list.
const CORE: &str = include_str!("core_library.txt");

/// Whether the program has the whole library.
pub(super) const IS_WHOLE: bool = cfg!(feature = "stdlib");

#[cfg(feature = "stdlib")]
const FROZEN: &FrozenLib = rustpython_pylib::FROZEN_STDLIB;

/// The modules of `CORE` only.
#[cfg(not(feature = "stdlib"))]
const FROZEN: &FrozenLib = include!(concat!(env!("OUT_DIR"), "/core_library.rs"));

/// The modules by their names: all that the program has, or the core's.
pub(super) fn modules(without_stdlib: bool) -> impl Iterator<Item = (&'static str, FrozenModule)> {
    FROZEN
        .into_iter()
        .filter(move |(name, _)| !without_stdlib || is_core(name))
}

fn is_core(name: &str) -> bool {
    CORE.lines().any(|core| {
        name.strip_prefix(core)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
