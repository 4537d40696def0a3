//! Three hundred generated programs: none gets out, ends the host, or outlasts its limit.
//!
//! `PYT_TEST_ATTACKS=5000` makes more of them, `PYT_TEST_ATTACKS_SEED` others.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use pyt_runtime::{Error, ErrorKind, Limits, Runtime};
use pyt_test::{Scratch, deadline::within};

use super::{SLACK, run_after, small, with};
use crate::attacks::programs::{FAMILIES, Numbers, imports, of_family};

const SEED: u64 = 0x5eed;

/// How long each may take.
const WALL: Duration = Duration::from_millis(250);

/// Native code that does what it likes.
const NATIVE: &[&str] = &[
    "ctypes.string_at(N)",
    "ctypes.memset(N, 0, N)",
    "ctypes.CDLL(None).abort()",
    "ctypes.CDLL(None).raise_(11) if 0 else os.abort()",
    "ctypes.CDLL(None).pause()",
    "ctypes.CDLL(None).exit(3)",
    "ctypes.CDLL(None).sleep(1000)",
    "ctypes.CFUNCTYPE(None)(N)()",
    "ctypes.cast(N, ctypes.py_object).value",
    "ctypes.memmove(id(None), id(1), 64)",
    "ctypes.memset(id(int), 255, 400)",
    "[ctypes.CDLL(None).malloc(1 << 30) for _ in range(1000)]",
    "ctypes.CDLL(None).syscall(N % 450)",
    "ctypes.CDLL(None).fork()",
    "ctypes.CDLL(None).vfork()",
    "ctypes.CDLL(None).system(b'true')",
];

const SIZES: &[&str] = &["10**9", "10**15", "2**31", "2**64", "-1", "0", "7"];

/// A program of the kinds that ended hosts, or outlasted limits.
fn program(numbers: &mut Numbers) -> String {
    match numbers.below(FAMILIES + 2) {
        family @ 0..FAMILIES => of_family(family, numbers),
        FAMILIES => format!("N = {}\n{}", numbers.one(SIZES), numbers.one(NATIVE)),
        _ => {
            let bytes: Vec<String> = (0..numbers.one(&[1, 4, 40, 400]))
                .map(|_| numbers.below(256).to_string())
                .collect();
            let length = numbers.one(&["len(b)", "7", "2**32 - 1", "65536"]);
            format!(
                "b = bytes([{}])\nos.write(3, ({length}).to_bytes(4, 'little') + b)\n{}",
                bytes.join(", "),
                numbers.one(&["while True: pass", "1", "os._exit(0)", "os.close(3)"]),
            )
        }
    }
}

/// How many programs run under one deadline.
const CHUNK: usize = 30;

#[test]
fn generated_programs_end_in_time_and_the_host_lives() {
    let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
    let count = number("PYT_TEST_ATTACKS").map_or(300, |count| usize::try_from(count).unwrap());
    let seed = number("PYT_TEST_ATTACKS_SEED").unwrap_or(SEED);
    let numbers = Arc::new(Mutex::new(Numbers(seed)));
    let seen = Arc::new(Mutex::new((Vec::new(), BTreeMap::<String, usize>::new())));
    let scratch = Scratch::new();
    for first in (0..count).step_by(CHUNK) {
        let (numbers, seen) = (numbers.clone(), seen.clone());
        let mark = scratch.path().join("mark");
        let chunk = CHUNK.min(count - first);
        within(&format!("programs from {first}"), move || {
            for _ in 0..chunk {
                let code = program(&mut numbers.lock().unwrap());
                let code = code.replace("MARK", &mark.display().to_string());
                let (result, late) = run_after(&imports(&code), WALL, &code);
                let mut seen = seen.lock().unwrap();
                seen.0.push(late);
                *seen.1.entry(kind(&result)).or_default() += 1;
            }
        });
    }
    let (mut late, kinds) = std::mem::take(&mut *seen.lock().unwrap());
    late.sort_unstable();
    let at = |part: usize| late[(late.len() * part / 100).min(late.len() - 1)];
    println!("{kinds:?}");
    println!(
        "later than the limit: p50 {:?}, p99 {:?}, most {:?}",
        at(50),
        at(99),
        at(100)
    );
    assert!(!scratch.path().join("mark").exists(), "a program got out");
    // Nothing is left of them: another sandbox and this process are as ever.
    let limits = Limits::new().wall(SLACK);
    let sandbox = with(Runtime::builder().limits(limits), small())
        .build()
        .unwrap();
    assert_eq!(sandbox.eval::<i32>("6 * 7").unwrap(), 42);
}

fn kind(result: &Result<(), Error>) -> String {
    match result {
        Ok(()) => "ok".to_owned(),
        Err(error) => match error.kind() {
            ErrorKind::Limit(limit) => {
                let limit = format!("{limit:?}");
                format!("limit {}", limit.split('(').next().unwrap_or_default())
            }
            kind => format!("{kind:?}"),
        },
    }
}
