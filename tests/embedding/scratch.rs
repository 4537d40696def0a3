//! scratch
use std::time::Instant;
use crate::support::runtime;
fn rss() -> u64 {
    let t = std::fs::read_to_string("/proc/self/statm").unwrap();
    t.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
}
fn tasks() -> usize { std::fs::read_dir("/proc/self/task").unwrap().count() }
#[test]
fn scratch() {
    let n: usize = std::env::var("N").ok().and_then(|n| n.parse().ok()).unwrap_or(10);
    for i in 0..n {
        let began = Instant::now();
        let r = runtime(true);
        let made = began.elapsed();
        let end = Instant::now();
        if std::env::var("KEEP").is_ok() { std::mem::forget(r); } else {
        r.finish(); }
        eprintln!("{i}: make {made:?} end {:?} rss {} KiB, {} tasks", end.elapsed(), rss(), tasks());
    }
}
#[test]
fn speed() {
    let code = "import time\ndef f():\n  t=time.perf_counter()\n  i=0\n  while i<2000000: i+=1\n  return time.perf_counter()-t\nprint('loop', f(), f(), flush=True)";
    let r = runtime(true);
    r.exec(code).unwrap();
    runtime(true).finish();
    r.exec(code).unwrap();
}
