//! The kinds of waits, and the one place where they are put into words for reports.

/// What a thread waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitKind {
    /// A lock or reentrant lock.
    Lock,
    /// A condition's notification.
    Condition,
    /// A semaphore's permit.
    Semaphore,
    /// An event to be set.
    Event,
    /// The outcome of work that another thread does.
    Future,
    /// A barrier to fill or drain.
    Barrier,
    /// An item from a queue.
    Get,
    /// Room in a queue.
    Put,
    /// All of a queue's tasks done.
    TasksDone,
    /// The end of a thread.
    Join,
    /// I/O, or a call from another thread: an event loop.
    Io,
    /// Nothing but the passing of time.
    Sleep,
}

impl WaitKind {
    /// The object at which the thread waits, without an article; `None` for the end of a thread and
    /// the passing of time. `reentrant`: the lock is a reentrant one.
    #[must_use]
    pub const fn noun(self, reentrant: bool) -> Option<&'static str> {
        Some(match self {
            Self::Lock if reentrant => "RLock",
            Self::Lock => "lock",
            Self::Condition => "condition",
            Self::Semaphore => "semaphore",
            Self::Event => "event",
            Self::Future => "future",
            Self::Barrier => "barrier",
            Self::Get | Self::Put | Self::TasksDone => "queue",
            Self::Join | Self::Io | Self::Sleep => return None,
        })
    }

    /// What the thread waits for, with an article, as in "waits for an item from a queue".
    /// `reentrant`: the lock is a reentrant one.
    #[must_use]
    pub const fn description(self, reentrant: bool) -> &'static str {
        match self {
            Self::Lock if reentrant => "an RLock",
            Self::Lock => "a lock",
            Self::Condition => "a condition",
            Self::Semaphore => "a semaphore",
            Self::Event => "an event",
            Self::Future => "a future",
            Self::Barrier => "a barrier",
            Self::Get => "an item from a queue",
            Self::Put => "room in a queue",
            Self::TasksDone => "the tasks of a queue",
            Self::Join => "the end of a thread",
            Self::Io => "I/O or a call in its event loop",
            Self::Sleep => "time to pass",
        }
    }

    /// As [`description`](Self::description), without the article: "item from a queue".
    #[must_use]
    pub fn label(self, reentrant: bool) -> &'static str {
        let description = self.description(reentrant);
        ["a ", "an ", "the "]
            .iter()
            .find_map(|article| description.strip_prefix(article))
            .unwrap_or(description)
    }

    /// As [`description`](Self::description), for the object that is called `name`: "an item from
    /// queue 2", "lock 1".
    #[must_use]
    pub fn description_of(self, name: &str) -> String {
        match self {
            Self::Get => format!("an item from {name}"),
            Self::Put => format!("room in {name}"),
            Self::TasksDone => format!("the tasks of {name}"),
            Self::Join => format!("the end of {name}"),
            _ => name.to_owned(),
        }
    }
}

#[cfg(all(test, not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_one_kind_agree() {
        let get = WaitKind::Get;
        assert_eq!(get.noun(false), Some("queue"));
        assert_eq!(get.description(false), "an item from a queue");
        assert_eq!(get.label(false), "item from a queue");
        assert_eq!(get.description_of("queue 2"), "an item from queue 2");
        assert_eq!(WaitKind::Lock.label(true), "RLock");
        assert_eq!(WaitKind::TasksDone.label(false), "tasks of a queue");
        assert_eq!(WaitKind::Put.label(false), "room in a queue");
        assert_eq!(WaitKind::Sleep.noun(false), None);
    }
}
