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

/// Whether a step could come first in a continuation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Initial {
    No,
    /// It is in the continuation, and depends on none before it there.
    Within,
    /// It is not in the continuation, and depends on none there.
    Beside,
}

/// A continuation about to be put into a tree.
pub(super) trait Continuation {
    /// Whether the next step of `thread` could come first. If it is within the continuation, it is
    /// taken out.
    fn take_initial(&mut self, thread: ThreadNumber) -> Initial;
    /// The threads of the remaining steps.
    fn threads(&self) -> Vec<ThreadNumber>;
}

/// Adds a continuation after the branches that are there, unless one of them is equivalent, or goes
/// on with a step beside the continuation: what is to be tried after that step, the runs that take
/// it ask for.
///
/// The papers go on in the tree after a step beside the continuation. That takes the thread's steps
/// after it, which the run at hand does not show: it took them, if at all, after others, and an
/// attempt that failed there may succeed here. A branch that was put at a wrong place for that
/// reason would count as equivalent to continuations that its runs never try.
pub(super) fn insert(tree: &mut Vec<Branch>, continuation: &mut impl Continuation) {
    let mut branches = tree;
    while let Some((found, initial)) = first_initial(branches, continuation) {
        if initial == Initial::Beside || branches[found].then.is_empty() {
            return;
        }
        branches = &mut branches[found].then;
    }
    branches.append(&mut chain(continuation.threads()));
}

/// The first of these branches whose step could come first in the continuation.
fn first_initial(
    branches: &[Branch],
    continuation: &mut impl Continuation,
) -> Option<(usize, Initial)> {
    let mut initials = branches
        .iter()
        .map(|branch| continuation.take_initial(branch.thread))
        .enumerate();
    initials.find(|&(_, initial)| initial != Initial::No)
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
