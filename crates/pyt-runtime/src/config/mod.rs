//! The settings of a runtime: the flags of the `python` command, `-X` options, environment
//! variables, and the builder that makes a runtime from them.
//!
//! What runs in the runtime is not known here.

pub mod arguments;
pub(crate) mod builder;
pub(crate) mod environment;
pub(crate) mod host_settings;
mod library;
pub(crate) mod options;
mod own_environment;
pub(crate) mod xoptions;
