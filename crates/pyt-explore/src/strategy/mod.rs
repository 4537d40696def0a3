//! Strategies: each decides the switches of one run.
//!
//! A strategy knows its seed, its parameters and the decisions that it is asked for, nothing else.
//! Random ones use PCG (see [`crate::seed`]), so a seed means the same on every machine.

pub mod answers;
pub mod deviate;
pub mod pct;
pub mod pos;
pub mod random;
pub mod replay;
pub mod reverse;
pub mod round_robin;
mod streak;

pub use answers::Drawing;
pub use deviate::{Deviate, Deviation};
pub use pct::Pct;
pub use pos::Pos;
pub use random::Random;
pub use replay::{Divergence, DivergenceCheck, Replay};
pub use reverse::Reverse;
pub use round_robin::RoundRobin;
pub use streak::FAIRNESS_LIMIT;
pub(crate) use streak::Streak;
