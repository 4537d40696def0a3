//! The result, for people or as JSON.

use std::ffi::OsStr;

use pyt_runtime::explore::Explored;

use super::Arguments;

/// Tells what was found. True: a schedule failed.
///
/// # Errors
/// What kept a `.schedule` file from being written.
pub(super) fn tell(
    _program: &OsStr,
    arguments: &Arguments,
    mut explored: Explored,
) -> Result<bool, String> {
    if arguments.same_output {
        explored.tally.expect_same_output();
    }
    let tally = &explored.tally;
    println!(
        "{} schedules in {:.2?}: {} failed, {} outcomes ({:.0}/s)",
        tally.runs(),
        explored.elapsed,
        tally.failures(),
        tally.distinct(),
        tally.runs() as f64 / explored.elapsed.as_secs_f64()
    );
    for found in tally.outcomes().iter().take(10) {
        println!("{found:?}");
    }
    Ok(tally.failures() > 0)
}
