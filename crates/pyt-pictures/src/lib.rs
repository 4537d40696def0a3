//! Recordings of threads, and the files and pages that show them.
//!
//! A [`Recorder`] observes the threads of a scheduler and writes a timeline of them to a file: as
//! JSON that Perfetto opens, or as a page. No Python type is known here; where threads are in their
//! program, a [`Places`] says.
//!
//! - `record/`: what is recorded, in buffers of its threads' own, and the thread that reads these
//! - `timeline/`: lanes, slices and arrows, and the files of them
//! - `fold`: maps with quick hashes
//! - `page/`: frames, styles and programs of pages

mod fold;
mod page;
mod record;
mod timeline;

pub use fold::{FoldHasher, FoldMap};
pub use page::exploration_page;
pub use record::{Places, Recorder, RecordingError, Settings};
pub use timeline::{Kind, Site, Turns};
