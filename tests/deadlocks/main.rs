//! Reports about threads that wait forever: that they come, that they are right, and that programs
//! which only wait long are left alone. With the GIL and without.

mod found;
mod loops;
mod quit;
mod silent;

use pyt_test::{CompletedProcess, Program, other_python};

/// A program, run by `pyt` with these flags.
fn program(name: &str, source: &str, gil: bool, flags: &[&str]) -> Program {
    let program = Program::new(&format!("{name}.py"), source);
    if other_python().is_some() {
        return program;
    }
    let gil = if gil { "gil=1" } else { "gil=0" };
    let flags = ["-X", gil].into_iter().chain(flags.iter().copied());
    flags.fold(program, pyt_test::Program::flag)
}

/// What `run` does with the GIL and without, side by side: the programs only wait.
fn with_and_without_gil(run: impl Fn(bool) -> CompletedProcess + Sync) -> Vec<CompletedProcess> {
    std::thread::scope(|scope| {
        let runs = [true, false].map(|gil| {
            scope.spawn({
                let run = &run;
                move || run(gil)
            })
        });
        let ended = runs.map(std::thread::ScopedJoinHandle::join);
        ended
            .into_iter()
            .map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    })
}
