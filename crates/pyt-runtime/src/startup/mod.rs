//! What the start of an interpreter needs: what `site` does, modules that are filled later, upstream's
//! modules with changed contents, and the compiler.
//!
//! Hosts' handles and the command line are not known here.

pub(crate) mod ast;
pub(crate) mod site;
pub(crate) mod source;
pub(crate) mod upstream_modules;
