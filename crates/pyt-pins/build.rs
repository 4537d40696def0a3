//! Says what is missing in the profile of a crate that depends on pyt, instead of an error in a
//! crate that its author has never heard of.

use std::{env, process::Command};

/// The first minor version of Rust 1 on which the interpreter's parser compiles with debug
/// assertions: it has `std::debug_assert_matches`.
const WITH_DEBUG_ASSERT_MATCHES: u32 = 96;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let has_assertions = env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some();
    if !has_assertions || minor_version().is_none_or(|minor| minor >= WITH_DEBUG_ASSERT_MATCHES) {
        return;
    }
    let lines = [
        "the Python parser does not compile with debug assertions before Rust 1.96.",
        "Add these lines to the Cargo.toml of your workspace, and build again:",
        "    [profile.dev.package.\"*\"]",
        "    debug-assertions = false",
        "    opt-level = 2    # optional: without it Python is about twenty times slower",
        "or build with --release. pyt-runtime's README says more.",
    ];
    for line in lines {
        println!("cargo::error={line}");
    }
}

/// The `95` of `rustc 1.95.0 (59807616e 2026-04-14)`.
fn minor_version() -> Option<u32> {
    let rustc = env::var_os("RUSTC")?;
    let output = Command::new(rustc).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split('.').nth(1)?.parse().ok()
}
