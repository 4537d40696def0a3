//! What threads do, in words, for all files and pages. The words for waits are those of
//! [`WaitKind`].

use pyt_sched::WaitKind;

use super::{State, Turns};

/// What a thread does. `object` is the name of what it waits for, `holder` that of the thread whose
/// end it waits for.
pub(crate) fn doing(
    state: State,
    turns: Turns,
    object: Option<&str>,
    holder: Option<&str>,
) -> String {
    match state {
        State::Runs => String::from("runs"),
        State::Turn => turns.wait().to_owned(),
        State::Starts => String::from("is started"),
        State::Foreign => String::from("is in foreign code"),
        State::Awaits => String::from("awaits"),
        State::Waits(WaitKind::Sleep) => String::from("sleeps"),
        State::Waits(kind) => {
            let name = if kind == WaitKind::Join {
                holder
            } else {
                object
            };
            let what = match name {
                Some(name) => kind.description_of(name),
                None => kind.description(false).to_owned(),
            };
            format!("waits for {what}")
        }
    }
}
