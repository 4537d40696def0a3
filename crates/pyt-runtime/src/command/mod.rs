//! What the `python` command does: running programs, the prompt, documents, exit statuses.

pub mod doc;
pub(crate) mod exit;
pub(crate) mod repl;
pub(crate) mod run;
