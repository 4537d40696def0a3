//! The programs beside the documents.

use std::time::Duration;

use pyt_test::{Program, Time};

use super::number_after;

in_both_times! {
    program_bank
    program_dining_philosophers
    program_parallel_hasher
    program_periodic_task
    program_priority_jobs
    program_producer_consumer
    program_progress_reporter
    program_rate_limiter
    program_read_write_cache
}

fn own(name: &str, time: Time) -> Program {
    Program::file(format!("python_examples/programs/{name}.py")).time(time)
}

/// Real time only: the pages come over sockets, which virtual time knows nothing of.
#[test]
fn program_thread_pool_downloader() {
    let mut expected = String::new();
    for page in 1..=12 {
        expected += &format!("/page/{page}: {} bytes\n", page * 100);
    }
    expected += "downloaded 12 pages, 7800 bytes\nfailed: /missing: 404 No such page\n";
    own("thread_pool_downloader", Time::Real)
        .run()
        .succeeded()
        .printed(&expected);
}

/// How much is lost without the lock is up to chance, that something is lost is not: all tellers
/// read the balance within the window that the first one holds open.
fn program_bank(time: Time) {
    let run = own("bank", time).run();
    run.succeeded();
    let lines: Vec<&str> = run.stdout.lines().collect();
    let [paid_in, without, with_lock] = lines[..] else {
        panic!("not three lines: {run}")
    };
    assert_eq!(paid_in, "paid in: 400");
    let (balance, lost) = without.split_once(", ").expect("a balance and a loss");
    let balance = number_after(balance, "without a lock: ");
    assert!(
        (10..400).contains(&balance),
        "deposits must be lost, but not all: {run}"
    );
    assert_eq!(number_after(lost, "lost: "), 400 - balance);
    assert_eq!(with_lock, "with a lock: 400, lost: 0");
}

fn program_dining_philosophers(time: Time) {
    let mut expected = String::new();
    for seat in 0..5 {
        expected += &format!("philosopher {seat} ate 10 times\n");
    }
    expected += "forks on the table: 5\n";
    own("dining_philosophers", time)
        .run()
        .succeeded()
        .printed(&expected);
}

/// The digests are those that `sha256sum` prints for these files.
fn program_parallel_hasher(time: Time) {
    let expected = "\
        e3b0c44298fc1c14 file-0.bin\n\
        793060f4a877d835 file-1.bin\n\
        6d480505cf66cc00 file-2.bin\n\
        4b51167393031178 file-3.bin\n\
        c18240d16578af94 file-4.bin\n\
        04ce106a66537915 file-5.bin\n\
        5a88aa1e11693c92 file-6.bin\n\
        a8ee05d55aa7d06f file-7.bin\n\
        same as one by one: True\n";
    own("parallel_hasher", time)
        .run()
        .succeeded()
        .printed(expected);
}

/// The beats come one after the other, none early. The last line is the main thread's, which the
/// fifth beat wakes after it has printed.
fn program_periodic_task(time: Time) {
    let mut expected = String::new();
    for beat in 1..=5 {
        expected += &format!("beat {beat} in time\n");
    }
    expected += "cancelled\n";
    let run = own("periodic_task", time).run();
    run.succeeded().printed(&expected);
    if time == Time::Real {
        assert!(
            run.elapsed >= Duration::from_millis(250),
            "five beats, 50 ms apart: {run}"
        );
    }
}

fn program_priority_jobs(time: Time) {
    let expected = "answer the alarm\ncall the fire brigade\nfailed: the disk is full\n\
                    write the report\ntidy up\ndone once each: True\n";
    own("priority_jobs", time)
        .run()
        .succeeded()
        .printed(expected);
}

fn program_producer_consumer(time: Time) {
    let expected = "150 lines, 1050 words, 16 different\nlocks: 100\nneed: 100\nso: 100\n\
                    they: 100\nleft in the queues: 0\n";
    own("producer_consumer", time)
        .run()
        .succeeded()
        .printed(expected);
}

/// How often progress is reported depends on the machine; that it rises, and the end, do not.
/// The second reporter's interval is an hour: the deadline shows that the event ends its wait.
fn program_progress_reporter(time: Time) {
    let run = own("progress_reporter", time).run();
    run.succeeded();
    let reports = run
        .stdout
        .strip_suffix("finished: 100%\nreporters still running: 0\n")
        .unwrap_or_else(|| panic!("not the expected end: {run}"));
    let percents: Vec<u64> = reports
        .lines()
        .map(|line| number_after(line.strip_suffix('%').unwrap_or(line), "progress: "))
        .collect();
    assert!(
        percents.is_sorted() && percents.iter().all(|&p| p <= 100),
        "goes back: {run}"
    );
    if time == Time::Virtual {
        // 30 steps of 10 ms, and a report each 50 ms. The last may fall together with the end.
        assert!(
            (5..=6).contains(&percents.len()),
            "not a report each 50 ms: {run}"
        );
    }
}

fn program_rate_limiter(time: Time) {
    let expected = "20 calls at 40 a second with a burst of 4\ntook at least 0.40 s: True\n\
                    never faster than allowed: True\n";
    own("rate_limiter", time)
        .run()
        .succeeded()
        .printed(expected);
}

fn program_read_write_cache(time: Time) {
    let expected = "400 reads, wrong: 0\n20 writes, price: (200, 240)\n";
    own("read_write_cache", time)
        .run()
        .succeeded()
        .printed(expected);
}
