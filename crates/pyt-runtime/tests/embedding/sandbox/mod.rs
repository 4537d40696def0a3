//! Sandboxes: what they can do, and that nothing which runs in one gets out, ends the host or
//! outlasts its limits.
//!
//! This test's binary is also the program of the sandboxes' processes.

mod api;
mod attacks;
mod cases;
mod ends;
mod groups;
mod protocol;
mod walls;

use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use pyt_runtime::{
    Builder, Capture, Error, Limits, Output, Runtime,
    sandbox::{self, Sandbox, SandboxBuilder, SandboxedRuntime},
};

/// How much later than its limit a call may end on a busy machine. The tests print how late each
/// was, and the example `sandbox_figures` measures it.
const SLACK: Duration = Duration::from_secs(10);

/// A variable that makes this binary a host whose sandbox runs for ever: see [`ends`].
const HOST_VARIABLE: &str = "PYT_TEST_SANDBOX_HOST";

/// The test harness has the `main` of this binary. So what belongs at its beginning runs before it,
/// where the C library calls functions that a program names.
#[used]
#[unsafe(link_section = ".init_array")]
static BEFORE_MAIN: extern "C" fn() = before_main;

extern "C" fn before_main() {
    sandbox::child_main();
    if std::env::var_os(HOST_VARIABLE).is_some() {
        ends::be_a_host();
    }
}

fn small() -> Sandbox {
    Sandbox::require().memory(192 << 20)
}

fn with(builder: Builder, sandbox: Sandbox) -> SandboxBuilder {
    builder.stderr(Capture::new()).sandboxed(sandbox)
}

/// A sandbox whose calls may take so long.
fn limited(wall: Duration) -> SandboxedRuntime {
    limited_after("", wall)
}

/// The same, with `warm_up` done.
fn limited_after(warm_up: &str, wall: Duration) -> SandboxedRuntime {
    let limits = Limits::new().wall(wall);
    let builder = Runtime::builder().limits(limits).stdout(Output::null());
    with(builder, small())
        .warm_up(warm_up)
        .build()
        .expect("a sandbox with usual settings")
}

/// Runs `code` in a sandbox of its own under a limit on time. Panics if it ends too late. Returns
/// how much later than the limit it ended, too.
#[track_caller]
fn run(wall: Duration, code: &str) -> (Result<(), Error>, Duration) {
    run_after("", wall, code)
}

/// The same, with `warm_up` done before.
#[track_caller]
fn run_after(warm_up: &str, wall: Duration, code: &str) -> (Result<(), Error>, Duration) {
    let sandbox = limited_after(warm_up, wall);
    let began = Instant::now();
    let result = sandbox.exec(code);
    let late = began.elapsed().saturating_sub(wall);
    assert!(late < SLACK, "{late:?} too late: {code}");
    (result, late)
}

/// The binary `pyt` of the same build, if it has been built.
fn pyt() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let path = own.parent()?.parent()?.join("pyt");
    path.is_file().then_some(path)
}

/// Whether there is a process of this number that has not ended.
fn is_alive(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/stat"));
    status.is_ok_and(|status| !status.contains(") Z "))
}
