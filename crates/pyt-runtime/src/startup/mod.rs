//! What the start of an interpreter needs: its initialisation, `site`, `_ast`, and the compiler.
//!
//! Handles of hosts and the command line are not known here.

pub(crate) mod ast;
pub(crate) mod extensions;
pub(crate) mod initialise;
pub(crate) mod library_files;
mod library_sources;
mod site;
pub(crate) mod source;
