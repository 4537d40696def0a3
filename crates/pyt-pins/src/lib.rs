//! What a crate that depends on pyt needs so that RustPython 0.6.0 compiles: the versions of its
//! dependencies (this crate's manifest), one version of the integers (here), and a profile
//! (`build.rs`). A crate of its own, so that it is compiled long before the interpreter, and what
//! is wrong is said first.
//!
//! Nothing of pyt is known here.

/// The integers of RustPython.
///
/// `pymath`, of the module `math`, accepts any version of `malachite-bigint`, and a crate without a
/// lock file gets the newest. No constraint of a manifest reaches that; this names the way out.
#[diagnostic::on_unimplemented(
    message = "Cargo.lock has two versions of malachite-bigint: RustPython 0.6.0 needs 0.12.0 only",
    label = "another version than RustPython's",
    note = "run `cargo update malachite-bigint@VERSION --precise 0.12.0`, where VERSION is the \
            other one in Cargo.lock, and build again"
)]
trait IntegerOfRustPython {}

impl IntegerOfRustPython for malachite_bigint::BigInt {}

const fn takes<Integer: IntegerOfRustPython>(_function: fn(&Integer) -> pymath::Result<f64>) {}

const _: () = takes(pymath::math::log2_bigint);
