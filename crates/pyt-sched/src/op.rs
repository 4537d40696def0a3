//! What a thread is about to do at a decision point, and which two of such steps commute.
//!
//! No interpreter is known here: a thing is an address, a part of it a number.

/// The kind of step that a thread is about to take.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub enum Action {
    /// Runs its first instruction.
    Begin,
    /// Exits.
    End,
    /// Starts another thread.
    Start,
    /// Waits for the end of another thread.
    Join,
    /// Takes a lock, a semaphore's permit, or an item from the line of a condition.
    Acquire,
    /// As [`Acquire`](Self::Acquire), if that is possible at once; otherwise the attempt fails.
    TryAcquire,
    /// Releases a lock or a permit.
    Release,
    /// Waits for a notification or an event.
    Wait,
    /// Notifies a condition.
    Notify,
    /// Sets an event.
    Set,
    /// Clears an event.
    Clear,
    /// Arrives at a barrier, resets it or breaks it.
    Arrive,
    /// Puts an item into a queue.
    Put,
    /// As [`Put`](Self::Put), if there is room; otherwise the attempt fails.
    TryPut,
    /// Takes an item out of a queue.
    Get,
    /// As [`Get`](Self::Get), if there is an item; otherwise the attempt fails.
    TryGet,
    /// Counts a queue's task as done, or shuts the queue down.
    TaskDone,
    /// Changes the state of a primitive in another way: gives a future a callback, for example.
    Update,
    /// Reads the state of a primitive and leaves it as it is.
    Query,
    /// Waits for the passing of time.
    Sleep,
    /// Reads a variable: a global, an attribute, an item, or a container as a whole.
    Read,
    /// Changes a variable.
    Write,
    /// Proceeds to the next line, instruction or iteration of a loop. Touches nothing that is
    /// shared.
    Step,
}

/// A step that a thread is about to take.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Op {
    /// What it does.
    pub action: Action,
    /// What it does it to: an address, unique among the things that are alive. Zero: nothing.
    pub object: usize,
    /// Which part of the object: a number for an attribute's name, an item's key. Zero: all of it.
    pub part: u64,
}

impl Action {
    /// The attempt at the same without waiting, which fails where this would wait. Of a step that
    /// takes nothing, the question whether it would wait.
    #[must_use]
    pub const fn attempt(self) -> Self {
        match self {
            Self::Acquire => Self::TryAcquire,
            Self::Put => Self::TryPut,
            Self::Get => Self::TryGet,
            Self::Wait | Self::Join => Self::Query,
            other => other,
        }
    }

    /// Whether it never waits, and fails where it would have to (or, a release of a bounded
    /// semaphore, where there would be too many permits).
    #[must_use]
    pub const fn is_attempt(self) -> bool {
        matches!(
            self,
            Self::TryAcquire | Self::TryPut | Self::TryGet | Self::Query | Self::Release
        )
    }
}

impl Op {
    /// A step that touches no shared thing.
    #[must_use]
    pub const fn alone(action: Action) -> Self {
        Self::on(action, 0)
    }

    /// A step that touches all of the thing at `object`.
    #[must_use]
    pub const fn on(action: Action, object: usize) -> Self {
        Self::on_part(action, object, 0)
    }

    /// A step that touches one part of the thing at `object`.
    #[must_use]
    pub const fn on_part(action: Action, object: usize, part: u64) -> Self {
        Self {
            action,
            object,
            part,
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub const fn only_reads(&self) -> bool {
        matches!(
            self.action,
            Action::Read | Action::Query | Action::Step | Action::Begin | Action::Sleep
        )
    }

    /// Whether the order of the two matters: both touch the same part of the same thing, and one
    /// of them changes it.
    #[must_use]
    pub const fn conflicts_with(&self, other: &Self) -> bool {
        self.object != 0
            && self.object == other.object
            && (self.part == other.part || self.part == 0 || other.part == 0)
            && !(self.only_reads() && other.only_reads())
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_to_a_common_part_conflicts() {
        let read = Op::on_part(Action::Read, 8, 1);
        let write = Op::on_part(Action::Write, 8, 1);
        assert!(!read.conflicts_with(&read));
        assert!(read.conflicts_with(&write) && write.conflicts_with(&read));
        assert!(write.conflicts_with(&write));
        assert!(!write.conflicts_with(&Op::on_part(Action::Write, 8, 2)));
        assert!(
            write.conflicts_with(&Op::on(Action::Read, 8)),
            "a part of the whole"
        );
        assert!(!write.conflicts_with(&Op::on_part(Action::Write, 16, 1)));
        assert!(!Op::alone(Action::Step).conflicts_with(&Op::alone(Action::End)));
    }
}
