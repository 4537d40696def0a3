//! Where in user code threads may be switched.

use std::{fmt, str::FromStr};

/// Where threads may be switched, in addition to the operations of primitives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Granularity {
    /// Nowhere.
    Sync,
    /// Before each access to something that threads can share: a global, an attribute, an item, a
    /// container as a whole, a closure's variable.
    #[default]
    Access,
    /// Before each line.
    Line,
    /// Before each instruction.
    Instruction,
}

impl Granularity {
    /// All granularities, coarse to fine.
    pub const ALL: [Self; 4] = [Self::Sync, Self::Line, Self::Access, Self::Instruction];

    const fn name(self) -> &'static str {
        match self {
            Self::Sync => "sync",
            Self::Access => "access",
            Self::Line => "line",
            Self::Instruction => "instruction",
        }
    }
}

impl fmt::Display for Granularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A name that is no [`Granularity`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownGranularity(String);

impl fmt::Display for UnknownGranularity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "unknown granularity '{}': one of sync, line, access, instruction",
            self.0
        )
    }
}

impl std::error::Error for UnknownGranularity {}

impl FromStr for Granularity {
    type Err = UnknownGranularity;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|granularity| granularity.name() == name)
            .ok_or_else(|| UnknownGranularity(name.to_owned()))
    }
}
