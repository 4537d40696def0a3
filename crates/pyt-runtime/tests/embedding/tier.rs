//! The fast tier in runtimes of a host's.

use std::time::Duration;

use pyt_runtime::{ErrorKind, Isolation, Limits, Runtime};

use crate::support::in_both_modes;

const LOOPS: &str = "
def total(n):
    s = 0
    for i in range(n):
        s += i * i % 7
    return s

def spin():
    i = 0
    while True:
        i = (i + 1) & 255
";

#[test]
fn runtimes_with_the_tier_follow_each_other() {
    in_both_modes(|gil| {
        for _ in 0..3 {
            let runtime = Runtime::builder().gil(gil).tier(true).build().unwrap();
            runtime.exec(LOOPS).unwrap();
            for _ in 0..3 {
                assert_eq!(runtime.eval::<u64>("total(70000)").unwrap(), 140_000);
            }
        }
        let without = Runtime::builder().gil(gil).build().unwrap();
        without.exec(LOOPS).unwrap();
        assert_eq!(without.eval::<u64>("total(70000)").unwrap(), 140_000);
    });
}

#[test]
fn a_limit_on_time_ends_a_compiled_loop() {
    in_both_modes(|gil| {
        let runtime = Runtime::builder().gil(gil).tier(true).build().unwrap();
        runtime.exec(LOOPS).unwrap();
        let limits = Limits::new()
            .grace(Duration::from_millis(10))
            .wall(Duration::from_millis(100));
        for _ in 0..3 {
            let ended = runtime
                .with_limits(&limits, |py| py.exec("spin()"))
                .and_then(|result| result);
            assert!(ended.is_err(), "the loop has no end");
        }
        assert_eq!(runtime.eval::<u64>("total(70000)").unwrap(), 140_000);
    });
}

#[test]
fn isolated_programs_may_be_compiled() {
    let runtime = Runtime::builder()
        .isolated(Isolation::new())
        .tier(true)
        .build()
        .unwrap();
    runtime.exec(LOOPS).unwrap();
    assert_eq!(runtime.eval::<u64>("total(70000)").unwrap(), 140_000);
    let refused = runtime.exec("open('/etc/hostname')").unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Exception);
}
