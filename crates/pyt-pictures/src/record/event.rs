//! What is recorded at a moment, and its form in a ring.

use pyt_sched::WaitKind;

use super::ring::Words;
use crate::timeline::WAIT_KINDS;

/// One recorded moment of a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Nanoseconds since the recording began.
    pub(crate) at: u64,
    /// The number of the thread that this is about.
    pub(crate) thread: u64,
    /// The number of the place in the program; 0: not known.
    pub(crate) site: u32,
    pub(crate) what: What,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// Made known by this thread.
    Registered {
        by: u64,
    },
    Begun,
    /// Begins to wait for the object at this address; `holder` is 0 if there is none.
    Waits {
        kind: WaitKind,
        reentrant: bool,
        object: u64,
        holder: u64,
    },
    /// Its wait is over; `by` is 0 if no thread ended it.
    Woken {
        by: u64,
    },
    Resumed {
        ended: Ended,
    },
    Preempted,
    Continued,
    SteppedBack,
    Paused,
    Ended,
    /// A primitive was made at this address.
    Made {
        object: u64,
    },
    /// The thread was found in foreign code.
    Foreign,
    /// It was found back.
    Back,
    /// Something that takes no time: the number of a text says what.
    Instant {
        text: u32,
    },
    /// The thread goes on with the task of an event loop that has this number.
    TaskGoesOn {
        task: u64,
    },
    /// The task stops for now; the number of a text says what it awaits.
    TaskStops {
        task: u64,
        awaits: u32,
    },
}

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Woken,
    TimedOut,
    Unknown,
}

impl Event {
    pub(crate) fn to_words(self) -> Words {
        let (tag, detail, one, other) = match self.what {
            What::Registered { by } => (0, 0, by, 0),
            What::Begun => (1, 0, 0, 0),
            What::Waits {
                kind,
                reentrant,
                object,
                holder,
            } => {
                let kind = WAIT_KINDS.iter().position(|known| *known == kind);
                let detail = kind.unwrap_or(0) as u64 | u64::from(reentrant) << 7;
                (2, detail, object, holder)
            }
            What::Woken { by } => (3, 0, by, 0),
            What::Resumed { ended } => {
                let ended = match ended {
                    Ended::Woken => 0,
                    Ended::TimedOut => 1,
                    Ended::Unknown => 2,
                };
                (4, ended, 0, 0)
            }
            What::Preempted => (5, 0, 0, 0),
            What::Continued => (6, 0, 0, 0),
            What::SteppedBack => (7, 0, 0, 0),
            What::Paused => (8, 0, 0, 0),
            What::Ended => (9, 0, 0, 0),
            What::Made { object } => (10, 0, object, 0),
            What::Foreign => (11, 0, 0, 0),
            What::Back => (12, 0, 0, 0),
            What::Instant { text } => (13, 0, text.into(), 0),
            What::TaskGoesOn { task } => (14, 0, task, 0),
            What::TaskStops { task, awaits } => (15, 0, task, awaits.into()),
        };
        let head = tag | detail << 8 | u64::from(self.site) << 32;
        [self.at, head, self.thread, one, other]
    }

    pub(crate) fn of_words([at, head, thread, one, other]: Words) -> Self {
        let detail = head >> 8 & 0xff;
        let text = |word: u64| u32::try_from(word).unwrap_or(0);
        let what = match head & 0xff {
            0 => What::Registered { by: one },
            1 => What::Begun,
            2 => What::Waits {
                kind: usize::try_from(detail & 0x7f)
                    .ok()
                    .and_then(|detail| WAIT_KINDS.get(detail).copied())
                    .unwrap_or(WaitKind::Lock),
                reentrant: detail & 0x80 != 0,
                object: one,
                holder: other,
            },
            3 => What::Woken { by: one },
            4 => What::Resumed {
                ended: match detail {
                    0 => Ended::Woken,
                    1 => Ended::TimedOut,
                    _ => Ended::Unknown,
                },
            },
            5 => What::Preempted,
            6 => What::Continued,
            7 => What::SteppedBack,
            8 => What::Paused,
            9 => What::Ended,
            10 => What::Made { object: one },
            11 => What::Foreign,
            12 => What::Back,
            13 => What::Instant { text: text(one) },
            14 => What::TaskGoesOn { task: one },
            _ => What::TaskStops {
                task: one,
                awaits: text(other),
            },
        };
        Self {
            at,
            thread,
            site: text(head >> 32),
            what,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_comes_back_from_its_words() {
        let all = [
            What::Registered { by: 7 },
            What::Begun,
            What::Woken { by: 9 },
            What::Preempted,
            What::Continued,
            What::SteppedBack,
            What::Paused,
            What::Ended,
            What::Made { object: 1 << 47 },
            What::Foreign,
            What::Back,
            What::Instant { text: 4 },
            What::TaskGoesOn { task: 3 },
            What::TaskStops { task: 3, awaits: 5 },
        ];
        let waits = WAIT_KINDS.map(|kind| What::Waits {
            kind,
            reentrant: kind == WaitKind::Lock,
            object: 99,
            holder: 3,
        });
        let ends = [Ended::Woken, Ended::TimedOut, Ended::Unknown];
        let ends = ends.map(|ended| What::Resumed { ended });
        for what in all.into_iter().chain(waits).chain(ends) {
            let event = Event {
                at: u64::MAX - 1,
                thread: 12,
                site: u32::MAX,
                what,
            };
            assert_eq!(Event::of_words(event.to_words()), event);
        }
    }
}
