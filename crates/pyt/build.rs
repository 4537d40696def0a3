//! Has the linker export the functions that `ctypes.pythonapi` offers (`src/pythonapi.rs`).

const PYTHONAPI: [&str; 3] = [
    "PyGILState_Ensure",
    "PyGILState_Release",
    "PyThreadState_SetAsyncExc",
];

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_CFG_TARGET_OS").is_none_or(|system| system != "linux") {
        return;
    }
    for symbol in PYTHONAPI {
        // Kept though nothing in the program refers to it, and found by `dlsym`.
        println!("cargo::rustc-link-arg-bins=-Wl,--undefined={symbol}");
        println!("cargo::rustc-link-arg-bins=-Wl,--export-dynamic-symbol={symbol}");
    }
}
