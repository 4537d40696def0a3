//! The interpreter's side: its frames, its bytecode, its slots. All that relies on how
//! rustpython-vm 0.6.0 is made is here.
//!
//! - `tier`: what belongs to one interpreter; `self_test`: whether it can be trusted
//! - `decode`, `sites`, `pairs`: loops in bytecode, and patching their jumps back
//! - `hook`, `frame`, `recent`: from the interpreter into a program, and back
//! - `functions`, `starts`: functions that call themselves, and how they begin
//! - `callees`, `natives`: functions that programs follow, and those that they call
//! - `readings`, `places`: what compiled loops rely on of global variables and functions; `bound`:
//!   what they bind of them
//! - `attributes`, `items`: of objects around a loop; `values`: numbers as objects
//! - `pairs_of`: loops over `enumerate` and `zip`
//! - `originals`: functions that must not see patched code
//! - `stats`: what was compiled, for `pyt.tier.stats()`

pub(crate) mod attributes;
pub(crate) mod bound;
pub(crate) mod callees;
pub(crate) mod decode;
pub(crate) mod frame;
pub(crate) mod functions;
pub(crate) mod hook;
pub(crate) mod items;
pub(crate) mod natives;
pub(crate) mod originals;
pub(crate) mod pairs;
pub(crate) mod pairs_of;
pub(crate) mod places;
pub(crate) mod readings;
pub(crate) mod recent;
pub(crate) mod self_test;
pub(crate) mod sites;
pub(crate) mod starts;
pub(crate) mod stats;
pub(crate) mod tier;
pub(crate) mod values;
