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
    /// Counts a queue's task as done.
    TaskDone,
    /// Shuts a queue down.
    ShutDown,
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
    /// With [`Self::ADDS`], the step adds this part.
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
    /// The bit of a part that says that a step adds the part to its object: a dictionary keeps its
    /// keys in the order in which they were added, and so two such steps conflict, whatever they
    /// add. The numbers of parts do not use this bit.
    pub const ADDS: u64 = 1 << 63;

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

    /// The same step, which adds the part that it touches. The whole stays the whole.
    #[must_use]
    pub const fn adding(self) -> Self {
        let part = if self.part == 0 {
            0
        } else {
            self.part | Self::ADDS
        };
        Self { part, ..self }
    }

    /// Which part it touches, whether it adds that or not. Zero: all of the object.
    #[must_use]
    pub const fn named_part(&self) -> u64 {
        self.part & !Self::ADDS
    }

    /// Whether both touch something in common, if both touch the same object.
    #[must_use]
    pub const fn shares_part_with(&self, other: &Self) -> bool {
        self.part == 0
            || other.part == 0
            || self.named_part() == other.named_part()
            || self.part & other.part & Self::ADDS != 0
    }

    /// Whether it touches all that the other one touches, if both touch the same object.
    #[must_use]
    pub const fn includes_parts_of(&self, other: &Self) -> bool {
        self.part == 0 || self.part == other.part || self.part == other.part | Self::ADDS
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
            && self.shares_part_with(other)
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
        let (add, add_other) = (write.adding(), Op::on_part(Action::Write, 8, 2).adding());
        assert!(add.conflicts_with(&add_other), "the order of keys");
        assert!(add.conflicts_with(&read) && read.conflicts_with(&add));
        assert!(!add_other.conflicts_with(&read) && !add_other.conflicts_with(&write));
        assert!(add.includes_parts_of(&write) && !write.includes_parts_of(&add));
        assert!(!add.includes_parts_of(&add_other));
        assert_eq!(Op::on(Action::Write, 8).adding(), Op::on(Action::Write, 8));
        assert!(!Op::alone(Action::Step).conflicts_with(&Op::alone(Action::End)));
    }
}
