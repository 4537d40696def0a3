//! What a host function touches of the host's state, as an exploration of schedules has to know it:
//! a function is a step, and two steps that touch the same thing, one of which changes it, are
//! tried in both orders.

use std::hash::{DefaultHasher, Hash, Hasher};

use pyt_sched::controlled::{Action, Op, point};
use pyt_vm::abort::OrRaise;
use rustpython_vm::{PyResult, VirtualMachine};

/// Stands for all of the host's state: no other thing has its address.
static HOST_STATE: u8 = 0;

/// What of the host's state a function touches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Touches {
    /// Nothing is known: it may change everything.
    #[default]
    Everything,
    Nothing,
    /// These parts, by the names that the host has for them.
    Parts {
        read: Vec<String>,
        written: Vec<String>,
    },
}

impl Touches {
    pub(super) fn and_reads(self, part: &str) -> Self {
        let (mut read, written) = self.parts();
        read.push(part.to_owned());
        Self::Parts { read, written }
    }

    pub(super) fn and_writes(self, part: &str) -> Self {
        let (read, mut written) = self.parts();
        written.push(part.to_owned());
        Self::Parts { read, written }
    }

    fn parts(self) -> (Vec<String>, Vec<String>) {
        match self {
            Self::Parts { read, written } => (read, written),
            Self::Everything | Self::Nothing => (Vec::new(), Vec::new()),
        }
    }

    /// The step. A function that touches several parts does so at once, after its step: it touches
    /// the whole, for a step is about one thing.
    fn op(&self) -> Option<Op> {
        let whole = (&raw const HOST_STATE).addr();
        Some(match self {
            Self::Everything => Op::on(Action::Write, whole),
            Self::Nothing => return None,
            Self::Parts { read, written } => match (&read[..], &written[..]) {
                ([only], []) => Op::on_part(Action::Read, whole, number(only)),
                (_, []) => Op::on(Action::Read, whole),
                ([], [only]) => Op::on_part(Action::Write, whole, number(only)),
                ([one], [other]) if one == other => {
                    Op::on_part(Action::Write, whole, number(other))
                }
                _ => Op::on(Action::Write, whole),
            },
        })
    }

    /// A decision point of the calling thread, if it is in a run under a strategy and the function
    /// touches anything.
    #[inline]
    pub(super) fn announce(&self, vm: &VirtualMachine) -> PyResult<()> {
        match self.op() {
            Some(op) => point(op).or_raise(vm).map(drop),
            None => Ok(()),
        }
    }
}

/// The number of a part: the same in every process, not that of the whole, and without the bit that
/// says that a step adds the part.
fn number(part: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    part.hash(&mut hasher);
    (hasher.finish() & !Op::ADDS).max(1)
}

#[cfg(test)]
mod tests {
    use super::Touches;

    #[test]
    fn only_what_may_meet_conflicts() {
        let all = Touches::Everything;
        let reads = Touches::default().and_reads("a");
        let writes = Touches::default().and_writes("a");
        let other = Touches::default().and_writes("b");
        let several = Touches::default().and_writes("b").and_reads("a");
        let conflict = |one: &Touches, two: &Touches| {
            let (one, two) = (one.op().unwrap(), two.op().unwrap());
            assert_eq!(one.conflicts_with(&two), two.conflicts_with(&one));
            one.conflicts_with(&two)
        };
        assert!(conflict(&all, &all) && conflict(&all, &reads) && conflict(&all, &other));
        assert!(!conflict(&reads, &reads) && conflict(&reads, &writes));
        assert!(!conflict(&writes, &other) && conflict(&writes, &writes));
        assert!(conflict(&several, &writes) && conflict(&several, &reads));
        assert_eq!(Touches::Nothing.op(), None);
    }
}
