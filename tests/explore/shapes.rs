//! Correct programs of all shapes: processes, sockets, files, signals, event loops, finalizers. No
//! schedule of them fails, hangs or is given up.

use std::path::Path;

use serde_json::Value;

use crate::{EXPLORATION_DEADLINE, all_hold, count, scripts, text, try_pyt};

fn is_quiet(script: &Path) -> Result<(), String> {
    let limit = format!("--schedules={}", count("PYT_TEST_SHAPES", 5));
    let arguments = ["explore", "--json", "--jobs=1", &limit, text(script)];
    let run = try_pyt(EXPLORATION_DEADLINE, &arguments)?;
    let report: Value =
        serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run}"))?;
    let quiet = run.status.success() && report["failed"] == 0 && report["given_up"] == 0;
    quiet
        .then_some(())
        .ok_or_else(|| format!("not quiet: {run}"))
}

#[test]
fn none_fails() {
    all_hold(&scripts("shapes"), is_quiet);
}
