//! Event loops: their bugs are found, with the options that a script says, and their schedules fail
//! in the same way whenever they are replayed; programs that rely on what asyncio guarantees stay
//! silent.

use pyt_test::Scratch;
use serde_json::Value;

use crate::{EXPLORATION_DEADLINE, all_hold, bugs, correct, scripts, try_pyt};

#[test]
fn each_bug_is_found_and_replayed_first_half() {
    let all = scripts("asyncio/bugs");
    all_hold(&all[..all.len() / 2], bugs::found_and_replayed);
}

#[test]
fn each_bug_is_found_and_replayed_second_half() {
    let all = scripts("asyncio/bugs");
    all_hold(&all[all.len() / 2..], bugs::found_and_replayed);
}

#[test]
fn what_asyncio_guarantees_is_no_bug() {
    let all = scripts("asyncio/correct");
    all_hold(&all, correct::has_no_failure);
}

const SERVER: &str = "\
import asyncio

async def answer(reader, writer):
    writer.close()

async def main():
    server = await asyncio.start_server(answer, '127.0.0.1', 0)
    async with server:
        await server.serve_forever()

asyncio.run(main())
";

/// Its clients are other processes: that none comes is no fault of the program's.
#[test]
fn a_server_that_waits_for_other_processes_is_given_up_and_no_livelock() {
    let scratch = Scratch::new();
    let script = scratch.write("server.py", SERVER);
    let limits = ["--json", "--jobs=1", "--schedules=3", "--max-steps=300"];
    let arguments = [&["explore"], &limits[..], &[script.as_str()]].concat();
    let run = try_pyt(EXPLORATION_DEADLINE, &arguments).unwrap_or_else(|error| panic!("{error}"));
    let report: Value = serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run}"));
    assert_eq!(report["failed"], 0, "{run}");
    assert_eq!(report["given_up"], 3, "{run}");
}
