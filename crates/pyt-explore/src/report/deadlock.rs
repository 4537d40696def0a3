//! Who waits for what, held by whom.

use super::text::{LEAST_WIDTH, fit};

/// A thread that waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wait {
    /// The thread's name.
    pub thread: String,
    /// What it waits for: `lock A`, say.
    pub awaits: String,
    /// Who has that, if anybody.
    pub holder: Option<String>,
    /// Where it waits: `file.py:12`, and the line's text.
    pub place: String,
    /// The text of that line.
    pub text: String,
    /// What it holds, and where it took it: pairs.
    pub holds: Vec<(String, String)>,
}

/// The waits of a deadlock: first the cycle, if there is one, from one thread to the next that it
/// waits for, then the others.
#[must_use]
pub fn deadlock(waits: &[Wait], width: usize) -> String {
    let width = width.max(LEAST_WIDTH);
    let cycle = cycle(waits);
    let mut lines = vec![match cycle.len() {
        0 => "deadlock: nobody is left who could wake these threads".to_owned(),
        1 => "deadlock: a thread waits for itself".to_owned(),
        count => format!("deadlock: {count} threads wait for each other in a circle"),
    }];
    let others = (0..waits.len()).filter(|index| !cycle.contains(index));
    for index in cycle.iter().copied().chain(others) {
        let Wait {
            thread,
            awaits,
            holder,
            place,
            text,
            holds,
        } = &waits[index];
        lines.push(match holder {
            Some(holder) => format!("  {thread} waits for {awaits}, held by {holder}"),
            None => format!("  {thread} waits for {awaits}"),
        });
        lines.push(format!("      at {place}: {}", text.trim()));
        for (thing, place) in holds {
            lines.push(format!("      holds {thing}, taken at {place}"));
        }
    }
    let lines: Vec<_> = lines.iter().map(|line| fit(line, width)).collect();
    lines.join("\n") + "\n"
}

/// The first circle of waits: each waits for what the next one holds.
fn cycle(waits: &[Wait]) -> Vec<usize> {
    let next = |index: usize| {
        let holder = waits[index].holder.as_ref()?;
        waits.iter().position(|other| other.thread == *holder)
    };
    for start in 0..waits.len() {
        let mut path = vec![start];
        while let Some(following) = path.last().and_then(|&last| next(last)) {
            if following == start {
                return path;
            }
            if path.contains(&following) {
                break;
            }
            path.push(following);
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait(thread: &str, awaits: &str, holder: Option<&str>) -> Wait {
        Wait {
            thread: thread.to_owned(),
            awaits: awaits.to_owned(),
            holder: holder.map(str::to_owned),
            place: "bank.py:7".to_owned(),
            text: "    with b:".to_owned(),
            holds: Vec::new(),
        }
    }

    #[test]
    fn the_circle_comes_first() {
        let mut waits = vec![
            wait("MainThread", "the end of T1", Some("T1")),
            wait("T1", "lock b", Some("T2")),
            wait("T2", "lock a", Some("T1")),
        ];
        waits[1].holds = vec![("lock a".to_owned(), "bank.py:6".to_owned())];
        assert_eq!(
            deadlock(&waits, 80),
            "deadlock: 2 threads wait for each other in a circle\n  \
             T1 waits for lock b, held by T2\n      at bank.py:7: with b:\n      \
             holds lock a, taken at bank.py:6\n  \
             T2 waits for lock a, held by T1\n      at bank.py:7: with b:\n  \
             MainThread waits for the end of T1, held by T1\n      at bank.py:7: with b:\n"
        );
        let alone = deadlock(&[wait("T", "lock a", Some("T"))], 80);
        assert!(alone.starts_with("deadlock: a thread waits for itself\n"));
        let lost = deadlock(&[wait("T", "a notification", None)], 80);
        assert!(lost.starts_with("deadlock: nobody is left who could wake"));
    }
}
