//! Ways to decide one run, a file each.
//!
//! A strategy knows its seed, its parameters and the decisions that it is shown, nothing else.
//! Those that draw use PCG (see [`crate::seed`]), so a seed means the same on every machine.

pub mod deviate;
pub mod pct;
pub mod pos;
pub mod random;
pub mod replay;
pub mod round_robin;
mod streak;

pub use deviate::{Deviate, Deviation};
pub use pct::Pct;
pub use pos::Pos;
pub use random::Random;
pub use replay::{Divergence, Replay, Watch};
pub use round_robin::RoundRobin;
pub(crate) use streak::Streak;

/// How many steps in a row one thread may take while others could go on, under the strategies that
/// would let it run for ever: it may be polling for something that only another can do.
pub const PATIENCE: u64 = 300;
