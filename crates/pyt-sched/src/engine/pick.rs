//! What a run leaves open besides which thread takes the next step: questions with numbered
//! answers.
//!
//! What an answer means, only the caller that asks knows. Answer 0 is always what happens without a
//! strategy.

/// What a question is about.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum PickKind {
    /// Which ready I/O an event loop sees next, and how much of it.
    Io,
    /// Whether time passes up to the next deadline, while there is something else to do.
    Clock,
    /// Which ready task of an event loop goes next.
    Task,
    /// Whether the cyclic garbage collector runs before a step.
    Gc,
    /// Which task is cancelled.
    Cancel,
    /// Whether Ctrl-C reaches the main thread before a step.
    Interrupt,
    /// Whether a signal reaches the main thread before a step.
    Signal,
}

impl PickKind {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Io,
        Self::Clock,
        Self::Task,
        Self::Gc,
        Self::Cancel,
        Self::Interrupt,
        Self::Signal,
    ];

    /// Its name in schedule files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Io => "io",
            Self::Clock => "clock",
            Self::Task => "task",
            Self::Gc => "gc",
            Self::Cancel => "cancel",
            Self::Interrupt => "interrupt",
            Self::Signal => "signal",
        }
    }

    /// The kind of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether an answer other than 0 is a fault that the run itself would not have.
    #[must_use]
    pub const fn is_fault(self) -> bool {
        matches!(
            self,
            Self::Gc | Self::Cancel | Self::Interrupt | Self::Signal
        )
    }
}

/// A fault that a run may have before a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// The cyclic garbage collector runs.
    Gc,
    /// Ctrl-C reaches the main thread.
    Interrupt,
    /// The signal with this number reaches the main thread.
    Signal(i32),
}

impl Fault {
    /// The kind of the question whether it happens.
    #[must_use]
    pub const fn kind(self) -> PickKind {
        match self {
            Self::Gc => PickKind::Gc,
            Self::Interrupt => PickKind::Interrupt,
            Self::Signal(_) => PickKind::Signal,
        }
    }

    /// Whether it can only reach the main thread.
    #[must_use]
    pub const fn is_for_main(self) -> bool {
        matches!(self, Self::Interrupt | Self::Signal(_))
    }
}

/// A question. The same run asks the same questions: a thread's questions of one kind are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Question {
    /// What it is about.
    pub kind: PickKind,
    /// The number of the thread that asks.
    pub thread: u32,
    /// How many of this kind the thread has asked before.
    pub number: u64,
    /// How many answers there are, at least 2.
    pub answers: u32,
}

/// An answer other than 0.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize,
)]
pub struct Pick {
    /// What the question was about.
    pub kind: PickKind,
    /// The number of the thread that asked.
    pub thread: u32,
    /// How many of this kind the thread had asked before.
    pub number: u64,
    /// The answer.
    pub answer: u32,
}

impl Pick {
    /// Whether it answers `question`, which has such an answer.
    #[must_use]
    pub fn answers(&self, question: &Question) -> bool {
        (self.kind, self.thread, self.number) == (question.kind, question.thread, question.number)
            && self.answer < question.answers
    }
}

/// An answer other than 0 that was given, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Picked {
    /// The answer.
    pub pick: Pick,
    /// How many steps the run had taken before.
    pub step: u64,
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in PickKind::ALL {
            assert_eq!(PickKind::named(kind.name()), Some(kind));
        }
        assert_eq!(PickKind::named("thread"), None);
    }
}
