//! Wakeup trees: which continuations are to be tried at a decision, so that none is tried twice.
//!
//! Only thread numbers are kept. What a thread would do is looked up in the run at hand, since
//! addresses mean nothing in another run.

use pyt_sched::controlled::ThreadNumber;

/// A step to be taken, and the branches after it, in order; after a branch without any, choices are
/// free.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Branch {
    pub(super) thread: ThreadNumber,
    pub(super) then: Vec<Branch>,
}

/// A continuation about to be put into a tree.
pub(super) trait Continuation {
    /// Whether a step of `thread` could come first: its first step in it depends on none before
    /// that, or it has none and its next step, after the first `taken` that a tree's path has taken
    /// out or gone past, depends on none at all. If so, that step is taken out.
    fn take_initial(&mut self, thread: ThreadNumber) -> bool;
    /// The threads of the remaining steps.
    fn threads(&self) -> Vec<ThreadNumber>;
}

/// Adds a continuation after the branches that are there, unless one of them is equivalent. Returns
/// whether it was added.
pub(super) fn insert(tree: &mut Vec<Branch>, continuation: &mut impl Continuation) -> bool {
    let mut branches = tree;
    loop {
        let found = branches
            .iter()
            .position(|branch| continuation.take_initial(branch.thread));
        let Some(found) = found else {
            break;
        };
        if branches[found].then.is_empty() {
            return false;
        }
        branches = &mut branches[found].then;
    }
    let mut rest = chain(continuation.threads());
    let added = !rest.is_empty();
    branches.append(&mut rest);
    added
}

/// The tree that has these steps and no others.
pub(super) fn chain(threads: impl IntoIterator<Item = ThreadNumber>) -> Vec<Branch> {
    let threads: Vec<_> = threads.into_iter().collect();
    let mut tree = Vec::new();
    for thread in threads.into_iter().rev() {
        let then = std::mem::take(&mut tree);
        tree.push(Branch { thread, then });
    }
    tree
}
