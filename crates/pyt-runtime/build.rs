//! The Python source in `lib/` is compiled into this crate: have it built anew when that changes.

fn main() {
    println!("cargo::rerun-if-changed=../../lib");
}
