//! One of several parts of a search, for one of several processes.
//!
//! The first decisions at which more than one thread could go on are the top of the tree. There,
//! all threads are tried, but for those that sleep; so no race below has to be reversed in it, and
//! what is below one way through the top is searched by itself. Such a way is a leaf of the top.
//! Leaves are numbered as they are found; each belongs to one part, as a shard says. Those of
//! others are given up where the top ends. For `dfs` it is the same, but no thread sleeps.
//!
//! All parts must find the same leaves in the same order. So what a part learns of the program
//! changes nothing in the top: there, the end of the main thread depends on every step. How deep
//! the top is, each part finds out in the same way. ADR 42 says what else follows from the top.

use pyt_sched::controlled::Trace;

use crate::{order::Rules, search::Shard};

/// The top has so many leaves for each part, if the program is large enough: some take much longer
/// than others.
const LEAVES_FOR_EACH_PART: u64 = 8;
/// The top has at most so many decisions.
const MOST_DECISIONS: usize = 40;

/// The rules of dependence in the top.
pub(super) const RULES_OF_TOP: Rules = Rules {
    main_ends_all: true,
    only_sync: false,
};

/// How far the top goes, for a run.
#[derive(Clone, Copy, Debug)]
pub(super) struct Top {
    /// How many decisions with more than one candidate it has.
    pub(super) decisions: usize,
    /// The run ends there: what is below belongs to another part.
    pub(super) stop: bool,
}

/// A part under way.
#[derive(Debug)]
pub(super) struct Part {
    shard: Shard,
    decisions: usize,
    /// The leaves are counted only, to find out how deep the top has to be.
    counting: bool,
    leaves: u64,
    /// A leaf was given up: there is something below the top.
    goes_on: bool,
    /// Of all leaves.
    digest: u64,
    /// What the run under way belongs to.
    is_own: bool,
    is_at_leaf: bool,
}

impl Part {
    pub(super) const fn new(shard: Shard) -> Self {
        Self {
            shard,
            decisions: 1,
            counting: true,
            leaves: 0,
            goes_on: false,
            digest: 0,
            is_own: false,
            is_at_leaf: false,
        }
    }

    /// The search begins again.
    pub(super) const fn restart(&mut self) {
        self.leaves = 0;
        self.goes_on = false;
        self.digest = 0;
    }

    /// The next run is the first of a leaf.
    pub(super) const fn begin_leaf(&mut self) {
        self.is_own = !self.counting && self.shard.has(self.leaves);
        self.leaves += 1;
        self.is_at_leaf = true;
    }

    /// Whether the leaf of the run under way belongs to this part.
    pub(super) const fn is_own(&self) -> bool {
        self.is_own
    }

    /// The top, for the run under way.
    pub(super) const fn top(&self) -> Top {
        Top {
            decisions: self.decisions,
            stop: !self.is_own,
        }
    }

    /// Shows the first `decided` steps of a run, if it is the first of a leaf.
    pub(super) fn learn_leaf(&mut self, trace: &Trace, decided: usize) {
        if !std::mem::replace(&mut self.is_at_leaf, false) {
            return;
        }
        let mut decisions = 0;
        // FNV-1a.
        let mut digest = self.digest ^ self.leaves;
        for number in 0..decided {
            if decisions == self.decisions {
                break;
            }
            decisions += usize::from(trace.candidates(number).len() > 1);
            let thread = trace.steps()[number].thread;
            digest = (digest ^ u64::from(thread)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.digest = digest.wrapping_mul(0x0000_0100_0000_01b3);
        self.goes_on |= decisions == self.decisions;
    }

    /// All leaves were seen. Returns whether the search goes on: with a deeper top, or by searching
    /// what was only counted.
    pub(super) fn goes_on(&mut self) -> bool {
        let was_counting = self.counting;
        let wanted = self.shard.parts() * LEAVES_FOR_EACH_PART;
        if was_counting {
            let is_enough = self.leaves >= wanted || !self.goes_on;
            self.counting = !is_enough && self.decisions < MOST_DECISIONS;
            self.decisions += usize::from(self.counting);
            self.restart();
        }
        was_counting
    }

    /// A digest of the top: the same in all parts, unless the program did something else in one.
    pub(super) const fn digest(&self) -> u64 {
        self.digest
    }

    /// The number, among the runs of all parts, of this part's run `number`.
    pub(super) const fn number(&self, number: u64) -> u64 {
        self.shard.number(number)
    }
}
