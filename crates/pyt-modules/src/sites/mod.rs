mod granularity;
pub use granularity::{Granularity, UnknownGranularity};
