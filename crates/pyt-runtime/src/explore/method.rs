//! How schedules are chosen, by name.

use pyt_explore::search::sampling::{Kind, UnknownKind};

/// How the schedules of an exploration are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Each by a seed of its own.
    Sample(Kind),
}

impl Default for Method {
    fn default() -> Self {
        Self::Sample(Kind::default())
    }
}

impl std::str::FromStr for Method {
    type Err = UnknownKind;

    fn from_str(name: &str) -> Result<Self, UnknownKind> {
        name.parse().map(Self::Sample)
    }
}

impl std::fmt::Display for Method {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sample(kind) => kind.fmt(f),
        }
    }
}
