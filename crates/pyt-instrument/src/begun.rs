//! Operations that call code of the program's, and go on after it: `sort` with a key function, a
//! loop over `map`, a function of the library. What they touch is said when they begin and again
//! when the code that they have called returns; so each stretch of such an operation belongs to a
//! step that says what it touches.
//!
//! Accesses of one instruction are steps one after the other, before it does anything. If a step of
//! another thread came between them that conflicts with one of them, they are made again.

use std::{
    cell::{Cell, RefCell},
    collections::VecDeque,
};

use pyt_sched::controlled::Op;
use rustpython_vm::{
    AsObject as _,
    frame::{InterpreterFrame, current_thread_iframe},
};

/// How many callers are searched for an operation that calls user code.
const MAX_CALLERS: usize = 16;

/// Methods of a container that stand for an operation on it.
const OVERRIDING: [&str; 5] = [
    "__missing__",
    "__getitem__",
    "__setitem__",
    "__delitem__",
    "__contains__",
];

/// An operation that may go on after code that it calls has taken steps.
#[derive(Debug)]
pub(super) struct Begun {
    /// The function that does it, by its frame's address.
    pub(super) frame: usize,
    /// The instruction.
    pub(super) index: usize,
    /// How many steps there had been when it last said what it touches.
    pub(super) said_at: u64,
    /// It touches what others may notice: a container, or what the library keeps.
    pub(super) matters: bool,
    /// It is a function of the library.
    pub(super) is_call: bool,
    pub(super) ops: Vec<Op>,
}

thread_local! {
    /// What this thread has begun and may not have finished, outermost first.
    static BEGUN: RefCell<Vec<Begun>> = const { RefCell::new(Vec::new()) };
    /// The frame and the instruction of the operation to which this thread's innermost function
    /// returns, while steps are said for it.
    static RETURNS_TO: Cell<Option<(usize, usize)>> = const { Cell::new(None) };
}

/// The function whose step the calling thread is about to take: its innermost one, or that of the
/// operation for which [`saying_for`] says a step.
pub(super) fn innermost() -> *const InterpreterFrame {
    RETURNS_TO
        .get()
        .map_or_else(current_thread_iframe, |(frame, _)| frame as *const _)
}

/// The instruction of the operation for which [`saying_for`] says a step.
pub(super) fn instruction_returned_to() -> Option<usize> {
    RETURNS_TO.get().map(|(_, index)| index)
}

/// Has `say` take steps for the operation of this frame, which the calling thread is in.
pub(super) fn saying_for<R>(frame: usize, index: usize, say: impl FnOnce() -> R) -> R {
    let before = RETURNS_TO.replace(Some((frame, index)));
    let result = say();
    RETURNS_TO.set(before);
    result
}

pub(super) fn push(begun: Begun) {
    BEGUN.with_borrow_mut(|all| all.push(begun));
}

/// Forgets all that the calling thread has begun. Returns whether it may have left some of it, by
/// an exception, without saying what it touched.
pub(super) fn forget() -> bool {
    let all = BEGUN.with_borrow_mut(std::mem::take);
    all.iter().any(|one| one.matters && one.is_call)
}

/// The innermost operation, if it is over: the calling thread's innermost function has not been
/// called by it.
pub(super) fn pop_finished() -> Option<Begun> {
    let (caller, index) = BEGUN.with_borrow(|all| all.last().map(|one| (one.frame, one.index)))?;
    if is_inside(caller, index) {
        return None;
    }
    BEGUN.with_borrow_mut(Vec::pop)
}

/// The operation to which the calling thread's innermost function is about to return, directly or
/// through functions of the library: the frame and the instruction that do it, and what it touches.
pub(super) fn to_return_to(
    is_user_code: impl Fn(usize) -> bool,
) -> Option<(usize, usize, Vec<Op>)> {
    let (caller, index, ops) = BEGUN.with_borrow(|all| {
        let last = all.last()?;
        Some((last.frame, last.index, last.ops.clone()))
    })?;
    if !is_inside(caller, index) {
        return None;
    }
    // SAFETY: frames on the calling thread's own chain live until their functions return.
    let mut frame = unsafe { current_thread_iframe().as_ref() }?.previous();
    while frame as usize != caller {
        // SAFETY: as above.
        let here = unsafe { frame.as_ref() }?;
        if is_user_code(here.code().get_id()) {
            return None;
        }
        frame = here.previous();
    }
    Some((caller, index, ops))
}

/// The innermost operation has said again what it touches, as the last of so many steps.
pub(super) fn said(steps: u64) {
    BEGUN.with_borrow_mut(|all| {
        if let Some(last) = all.last_mut() {
            last.said_at = steps;
        }
    });
}

/// Whether the calling thread's innermost function was called by instruction `index` of the
/// one with the frame `caller`.
fn is_inside(caller: usize, index: usize) -> bool {
    let mut frame: *const InterpreterFrame = current_thread_iframe();
    let mut called = "";
    for _ in 0..MAX_CALLERS {
        // SAFETY: frames on the calling thread's own chain live until their functions return.
        let Some(here) = (unsafe { frame.as_ref() }) else {
            return false;
        };
        if frame as usize == caller {
            // The method of the program's class is all that the operation does.
            return !std::ptr::eq(frame, current_thread_iframe())
                && !OVERRIDING.contains(&called)
                && here.get_lasti() as usize == index + 1;
        }
        called = here.code().code.obj_name.as_str();
        frame = here.previous();
    }
    false
}

/// How many of the last steps are known.
const RECENT: usize = 64;

/// The last steps of all threads that touch something.
#[derive(Debug, Default)]
pub(super) struct Recent(VecDeque<(u64, Op)>);

impl Recent {
    pub(super) fn add(&mut self, number: u64, op: Op) {
        if self.0.len() == RECENT {
            self.0.pop_front();
        }
        self.0.push_back((number, op));
    }

    /// Whether a step of another thread came between these steps, by ascending number, that
    /// conflicts with one before it.
    pub(super) fn is_torn(&self, steps: &[(u64, Op)]) -> bool {
        let (Some(&(first, _)), Some(&(last, _))) = (steps.first(), steps.last()) else {
            return false;
        };
        if last - first < steps.len() as u64 {
            return false;
        }
        let forgotten = self.0.len() == RECENT && self.0.front().is_some_and(|one| one.0 > first);
        forgotten
            || self.0.iter().any(|(number, op)| {
                let mine = steps.iter().take_while(|(mine, _)| mine < number);
                *number > first
                    && *number < last
                    && steps.iter().all(|(mine, _)| mine != number)
                    && mine.into_iter().any(|(_, mine)| mine.conflicts_with(op))
            })
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use pyt_sched::controlled::Action;

    #[test]
    fn accesses_are_torn_by_a_conflict_between_them() {
        let (one, two) = (Op::on(Action::Read, 8), Op::on(Action::Read, 16));
        let mut recent = Recent::default();
        recent.add(3, one);
        recent.add(4, Op::on(Action::Write, 24));
        recent.add(6, two);
        assert!(!recent.is_torn(&[(3, one), (6, two)]), "another object");
        recent.clear();
        recent.add(3, one);
        recent.add(4, Op::on(Action::Write, 8));
        recent.add(5, two);
        assert!(recent.is_torn(&[(3, one), (5, two)]));
        assert!(!recent.is_torn(&[(5, two)]));
    }
}
