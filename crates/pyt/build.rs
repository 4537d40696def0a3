//! Has the linker export the functions that `ctypes.pythonapi` offers (`src/pythonapi.rs`), and
//! take libffi, on which `ctypes` stands, into the binary.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

const PYTHONAPI: [&str; 17] = [
    "PyCapsule_GetContext",
    "PyCapsule_GetDestructor",
    "PyCapsule_GetName",
    "PyCapsule_GetPointer",
    "PyCapsule_IsValid",
    "PyCapsule_New",
    "PyCapsule_SetContext",
    "PyCapsule_SetDestructor",
    "PyCapsule_SetName",
    "PyCapsule_SetPointer",
    "PyGILState_Ensure",
    "PyGILState_Release",
    "PyOS_getsig",
    "PyOS_setsig",
    "PyThreadState_SetAsyncExc",
    "Py_DecRef",
    "Py_IncRef",
];

/// The static libraries of libffi, as they are installed: the first that there is is taken. The
/// other may be for programs at fixed addresses only.
const LIBFFI: [&str; 2] = ["libffi_pic.a", "libffi.a"];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|system| system != "linux") {
        return;
    }
    for symbol in PYTHONAPI {
        // Kept though nothing in the program refers to it, and found by `dlsym`.
        println!("cargo::rustc-link-arg-bins=-Wl,--undefined={symbol}");
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={symbol}");
    }
    // Upstream asks for the system's libffi, which other machines may lack. The linker takes the
    // first folder that has one of either kind: here, a folder with the static one only. Where
    // there is none, the binary needs the shared one.
    let is_native = env::var("HOST").is_ok_and(|host| env::var("TARGET") == Ok(host));
    if is_native
        && let Some(out) = env::var_os("OUT_DIR")
        && let Some(library) = LIBFFI.into_iter().find_map(installed)
        && fs::copy(&library, Path::new(&out).join("libffi.a")).is_ok()
    {
        println!("cargo::rerun-if-changed={}", library.display());
        println!("cargo::rustc-link-search=native={}", out.display());
    }
}

/// Where the C compiler finds a library. It prints the name alone if it does not.
fn installed(name: &str) -> Option<PathBuf> {
    let compiler = env::var("CC").unwrap_or_else(|_| "cc".to_owned());
    let output = Command::new(compiler)
        .arg(format!("-print-file-name={name}"))
        .output()
        .ok()?;
    let path = PathBuf::from(String::from_utf8(output.stdout).ok()?.trim());
    (path.is_absolute() && path.is_file()).then_some(path)
}
