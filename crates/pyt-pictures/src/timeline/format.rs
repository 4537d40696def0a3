//! What a file of a timeline has in it: a head, chunks of items, and a tail that is written anew
//! each time.

use super::{Item, Slice, Standing};

/// A format. Head, any number of chunks and the tail are a whole file.
pub(crate) trait Format: Send {
    /// The beginning of a file.
    fn head(&mut self) -> Vec<u8>;

    /// Some items. Entries of tables come before the items that refer to them.
    fn chunk(&mut self, items: &[Item]) -> Vec<u8>;

    /// The end of a file, with the states that have not ended.
    fn tail(&self, unfinished: &[Slice], standing: Standing) -> Vec<u8>;
}
