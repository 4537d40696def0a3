//! The kinds of search, by name.

use super::{
    Search, Shard,
    bounded::BoundedDpor,
    dfs::Dfs,
    dpor::Dpor,
    sampling::{Sampling, StrategyKind},
};

/// How the schedules of an exploration are chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKind {
    /// Each by a seed of its own.
    Sample(StrategyKind),
    /// All there are, depth first; with a bound, those with at most so many preemptions.
    Dfs(Option<usize>),
    /// One of each set that differ only in the order of steps that do not touch each other; with a
    /// bound, of each such set that has one with at most so many preemptions.
    Dpor(Option<usize>),
}

/// A name that is no [`SearchKind`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "unknown strategy {0:?}: expected mix, random, pos, pct, pct:DEPTH, round-robin, dfs, \
     dfs:PREEMPTIONS, dpor or dpor:PREEMPTIONS, with a DEPTH from 1 to 100 and a whole number of \
     PREEMPTIONS"
)]
pub struct UnknownSearchKind(pub String);

impl SearchKind {
    /// Whether the search ends by itself, having tried all.
    #[must_use]
    pub const fn is_exhaustive(self) -> bool {
        !matches!(self, Self::Sample(_))
    }

    /// Whether the search tries one order of steps that are independent of each other.
    #[must_use]
    pub const fn tries_one_order(self) -> bool {
        matches!(self, Self::Dpor(_))
    }

    /// How many preemptions its schedules have at most, if it is a search for those.
    #[must_use]
    pub const fn bound(self) -> Option<usize> {
        match self {
            Self::Dfs(bound) | Self::Dpor(bound) => bound,
            Self::Sample(_) => None,
        }
    }

    /// Whether a search can be divided into parts.
    #[must_use]
    pub const fn is_divisible(self) -> bool {
        !matches!(self, Self::Dpor(Some(_)))
    }

    /// A search of this kind for at most `limit` schedules, from number `first` on. An exhaustive
    /// one begins at its beginning, has no limit, and has shards only if it
    /// [can be divided](Self::is_divisible).
    #[must_use]
    pub fn search(self, seed: u64, shard: Shard, first: u64, limit: u64) -> Box<dyn Search> {
        match self {
            Self::Sample(kind) => {
                Box::new(Sampling::new(kind, seed, shard).from(first).limit(limit))
            }
            Self::Dfs(bound) => Box::new(Dfs::part(bound, shard)),
            Self::Dpor(None) => Box::new(Dpor::part(shard)),
            Self::Dpor(Some(preemptions)) => Box::new(BoundedDpor::new(preemptions)),
        }
    }
}

impl Default for SearchKind {
    fn default() -> Self {
        Self::Sample(StrategyKind::default())
    }
}

impl std::str::FromStr for SearchKind {
    type Err = UnknownSearchKind;

    fn from_str(name: &str) -> Result<Self, UnknownSearchKind> {
        let unknown = || UnknownSearchKind(name.to_owned());
        match name.split_once(':') {
            Some(("dfs", bound)) => Ok(Self::Dfs(Some(bound.parse().map_err(|_| unknown())?))),
            None if name == "dfs" => Ok(Self::Dfs(None)),
            Some(("dpor", bound)) => Ok(Self::Dpor(Some(bound.parse().map_err(|_| unknown())?))),
            None if name == "dpor" => Ok(Self::Dpor(None)),
            _ => name.parse().map(Self::Sample).map_err(|_| unknown()),
        }
    }
}

impl std::fmt::Display for SearchKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sample(kind) => kind.fmt(f),
            Self::Dfs(None) => f.write_str("dfs"),
            Self::Dfs(Some(bound)) => write!(f, "dfs:{bound}"),
            Self::Dpor(None) => f.write_str("dpor"),
            Self::Dpor(Some(bound)) => write!(f, "dpor:{bound}"),
        }
    }
}
