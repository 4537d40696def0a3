//! Which orders of output a program with threads may show, and whether an output is one of them.
//!
//! `print` writes a line's text and its newline separately, so between two threads a line may be
//! torn: `AB\n\n` for the lines `A` and `B`. CPython does that too. Here each line is therefore two
//! writes, and every interleaving of the threads' writes is allowed in which each thread keeps its
//! own order. What must come before what is said with phases: all of a phase comes before anything
//! of the next. The module knows nothing of processes or of Python.

use std::collections::HashSet;

/// The lines that one thread prints, in its order, without their newlines.
pub type Lines<'a> = Vec<&'a str>;

/// The threads that print side by side.
pub type Phase<'a> = Vec<Lines<'a>>;

/// A phase in which each thread prints one line, and the threads in any order.
pub fn any_order<'a>(lines: &[&'a str]) -> Phase<'a> {
    lines.iter().map(|&line| vec![line]).collect()
}

/// A phase in which one thread prints alone.
pub fn alone<'a>(lines: &[&'a str]) -> Phase<'a> {
    vec![lines.to_vec()]
}

/// Asserts that `output` is an allowed order of the phases.
#[track_caller]
pub fn assert_order(output: &str, phases: &[Phase]) {
    assert!(
        is_allowed(output, phases),
        "not an allowed order: {output:?}\nallowed, phase after phase, each thread's lines in \
         order, the threads of a phase in any: {phases:#?}"
    );
}

/// Whether `output` is an interleaving of the phases' writes, phase after phase.
pub fn is_allowed(output: &str, phases: &[Phase]) -> bool {
    let Some((phase, later)) = phases.split_first() else {
        return output.is_empty();
    };
    // The length of a phase's output does not depend on its order, so each phase has its own piece.
    let length = phase.iter().flatten().map(|line| line.len() + 1).sum();
    match (output.get(..length), output.get(length..)) {
        (Some(here), Some(rest)) => is_interleaving(here, phase) && is_allowed(rest, later),
        _ => false,
    }
}

/// Whether `output` consists of all writes of all threads, each thread's in its own order.
fn is_interleaving(output: &str, threads: &Phase) -> bool {
    let writes: Vec<Vec<&str>> = threads
        .iter()
        .map(|lines| lines.iter().flat_map(|&line| [line, "\n"]).collect())
        .collect();
    // A state is how many writes each thread has done; that also says how much was written.
    let mut seen = HashSet::new();
    let mut to_visit = vec![vec![0; writes.len()]];
    while let Some(done) = to_visit.pop() {
        let written: usize = writes
            .iter()
            .zip(&done)
            .flat_map(|(writes, &done)| &writes[..done])
            .map(|write| write.len())
            .sum();
        if written == output.len() {
            return true;
        }
        for (thread, writes) in writes.iter().enumerate() {
            let next = writes.get(done[thread]);
            if next.is_some_and(|write| output[written..].starts_with(write)) {
                let mut state = done.clone();
                state[thread] += 1;
                if seen.insert(state.clone()) {
                    to_visit.push(state);
                }
            }
        }
    }
    false
}
