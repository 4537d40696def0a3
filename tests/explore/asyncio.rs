//! Event loops: their bugs are found, with the options that a script says, and their schedules fail
//! in the same way whenever they are replayed; programs that rely on what asyncio guarantees stay
//! silent.

use crate::{all_hold, bugs, correct, scripts};

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
