//! What a future is like at a moment. Knows neither locks nor waits.

use rustpython_vm::{
    PyObjectRef,
    object::{Traverse, TraverseFn},
};

/// How far the work has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Pending,
    Running,
    Cancelled,
    /// Cancelled, and the thread that would have done the work knows it.
    Notified,
    Finished,
    /// Something that a program has put there.
    Other,
}

impl State {
    const NAMED: [(Self, &'static str); 5] = [
        (Self::Pending, "PENDING"),
        (Self::Running, "RUNNING"),
        (Self::Cancelled, "CANCELLED"),
        (Self::Notified, "CANCELLED_AND_NOTIFIED"),
        (Self::Finished, "FINISHED"),
    ];

    /// The state that the attribute `_state` shows in this way.
    pub(super) fn named(name: &str) -> Self {
        let known = Self::NAMED.iter().find(|(_, known)| *known == name);
        known.map_or(Self::Other, |(state, _)| *state)
    }

    /// As the attribute `_state` shows it.
    pub(super) fn name(self) -> Option<&'static str> {
        let known = Self::NAMED.iter().find(|(state, _)| *state == self);
        known.map(|(_, name)| *name)
    }

    /// As the repr shows it.
    pub(super) const fn described(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Cancelled | Self::Notified => "cancelled",
            Self::Finished => "finished",
            Self::Other => "unknown",
        }
    }

    pub(super) const fn is_cancelled(self) -> bool {
        matches!(self, Self::Cancelled | Self::Notified)
    }

    pub(super) const fn is_done(self) -> bool {
        self.is_cancelled() || matches!(self, Self::Finished)
    }
}

/// A future's fields. They are in a lock within which no thread can stop and no object dies.
#[derive(Debug, Default)]
pub(super) struct Fields {
    pub(super) state: State,
    /// What a program has made of the state.
    pub(super) other: Option<PyObjectRef>,
    pub(super) result: Option<PyObjectRef>,
    pub(super) exception: Option<PyObjectRef>,
    /// The list of what `wait` and `as_completed` want notified, once Python code has asked for it.
    pub(super) waiters: Option<PyObjectRef>,
    pub(super) callbacks: Vec<PyObjectRef>,
    /// The list that took the place of `callbacks`, once Python code has asked for it.
    pub(super) callback_list: Option<PyObjectRef>,
    /// What guards the future, once Python code has asked for it.
    pub(super) condition: Option<PyObjectRef>,
}

/// How the work ended.
pub(super) enum Outcome {
    Cancelled,
    Finished {
        result: Option<PyObjectRef>,
        exception: Option<PyObjectRef>,
    },
}

impl Fields {
    /// Whether each change is one step that Python code cannot observe.
    pub(super) const fn is_plain(&self) -> bool {
        self.condition.is_none() && self.waiters.is_none()
    }

    pub(super) fn outcome(&self) -> Option<Outcome> {
        match self.state {
            state if state.is_cancelled() => Some(Outcome::Cancelled),
            State::Finished => Some(Outcome::Finished {
                result: self.result.clone(),
                exception: self.exception.clone(),
            }),
            _ => None,
        }
    }
}

// SAFETY: each field is visited once.
unsafe impl Traverse for Fields {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.other.traverse(visit);
        self.result.traverse(visit);
        self.exception.traverse(visit);
        self.waiters.traverse(visit);
        self.callbacks.traverse(visit);
        self.callback_list.traverse(visit);
        self.condition.traverse(visit);
    }

    fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
        let single = [
            self.other.take(),
            self.result.take(),
            self.exception.take(),
            self.waiters.take(),
            self.callback_list.take(),
            self.condition.take(),
        ];
        out.extend(single.into_iter().flatten());
        out.append(&mut self.callbacks);
    }
}
