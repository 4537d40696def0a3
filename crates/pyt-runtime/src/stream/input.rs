//! The sources of standard input.

use std::{
    io::{self, Read},
    sync::Arc,
};

use parking_lot::Mutex;

/// A reader that runtimes made from clones of one `Input` share.
pub(super) type SharedReader = Arc<Mutex<dyn Read + Send>>;

#[derive(Clone, Default)]
pub(super) enum InputSource {
    #[default]
    Inherit,
    Empty,
    Text(Arc<[u8]>),
    Reader(SharedReader),
}

impl InputSource {
    pub(super) fn reader(reader: impl Read + Send + 'static) -> Self {
        Self::Reader(Arc::new(Mutex::new(reader)))
    }

    /// A reader for one runtime.
    pub(super) fn open(&self) -> SharedReader {
        match self {
            Self::Inherit => Arc::new(Mutex::new(io::stdin())),
            Self::Empty => Arc::new(Mutex::new(io::empty())),
            Self::Text(text) => Arc::new(Mutex::new(io::Cursor::new(text.clone()))),
            Self::Reader(reader) => reader.clone(),
        }
    }
}
