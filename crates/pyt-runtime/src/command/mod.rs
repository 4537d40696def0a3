//! What the `python` command does: running programs, the prompt, exit statuses; and running the
//! code blocks of documents.
//!
//! Command lines are not known here.

pub mod doc;
pub(crate) mod exit;
pub(crate) mod live;
pub(crate) mod repl;
pub(crate) mod run;
