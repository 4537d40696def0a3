//! scratch
use crate::support::runtime;
use std::time::Instant;
fn rss() -> u64 {
    let t = std::fs::read_to_string("/proc/self/statm").unwrap();
    t.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4
}
fn tasks() -> usize {
    std::fs::read_dir("/proc/self/task").unwrap().count()
}
#[test]
fn scratch() {
    let n: usize = std::env::var("N")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(10);
    for i in 0..n {
        let began = Instant::now();
        let r = runtime(true);
        let made = began.elapsed();
        let end = Instant::now();
        if std::env::var("KEEP").is_ok() {
            std::mem::forget(r);
        } else {
            r.finish();
        }
        eprintln!(
            "{i}: make {made:?} end {:?} rss {} KiB, {} tasks",
            end.elapsed(),
            rss(),
            tasks()
        );
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

#[test]
fn bare() {
    use pyt_runtime::vm::Interpreter;
    for i in 0..20 {
        let it = Interpreter::without_stdlib(Default::default());
        it.enter(|vm| {
            vm.import("sys", 0).map(drop).ok();
        });
        it.finalize(None);
        if i % 5 == 4 {
            eprintln!("bare {i}: rss {} KiB", rss());
        }
    }
}
#[test]
fn profile() {
    for i in 0..6 {
        ON.store(i == 4, std::sync::atomic::Ordering::SeqCst);
        runtime(true).finish();
        ON.store(false, std::sync::atomic::Ordering::SeqCst);
    }
    let live = LIVE.lock().unwrap().take().unwrap();
    let mut by: std::collections::HashMap<String, (usize, usize)> = Default::default();
    let mut total = 0;
    for (_, (size, bt)) in live {
        total += size;
        let text = format!("{bt}");
        let frames: Vec<_> = text
            .lines()
            .filter(|l| !l.trim().starts_with("at "))
            .map(|l| l.trim().splitn(2, ": ").nth(1).unwrap_or("").to_owned())
            .filter(|l| {
                !l.contains("alloc")
                    && !l.contains("Backtrace")
                    && !l.contains("backtrace")
                    && !l.contains("raw_vec")
            })
            .take(9)
            .collect();
        let e = by.entry(frames.join(" < ")).or_default();
        e.0 += size;
        e.1 += 1;
    }
    let mut all: Vec<_> = by.into_iter().collect();
    all.sort_by_key(|(_, (s, _))| std::cmp::Reverse(*s));
    eprintln!("sampled live {total}");
    for (k, (s, n)) in all.into_iter().take(40) {
        eprintln!("{s} in {n}: {k}");
    }
}
use std::alloc::*;
static ON: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
static LIVE: std::sync::Mutex<
    Option<std::collections::HashMap<usize, (usize, std::backtrace::Backtrace)>>,
> = std::sync::Mutex::new(None);
static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
thread_local! { static IN: std::cell::Cell<bool> = const { std::cell::Cell::new(false) }; }
struct A;
unsafe impl GlobalAlloc for A {
    unsafe fn alloc(&self, l: Layout) -> *mut u8 {
        let p = unsafe { System.alloc(l) };
        if ON.load(std::sync::atomic::Ordering::Relaxed) && !IN.get() {
            let n = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            if n % 40 == 0 || l.size() > 20000 {
                IN.set(true);
                let bt = std::backtrace::Backtrace::force_capture();
                LIVE.lock().unwrap().get_or_insert_default().insert(
                    p as usize,
                    (l.size() * if l.size() > 20000 { 1 } else { 40 }, bt),
                );
                IN.set(false);
            }
        }
        p
    }
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
        if !IN.get() && COUNT.load(std::sync::atomic::Ordering::Relaxed) > 0 {
            IN.set(true);
            if let Ok(mut g) = LIVE.lock() {
                if let Some(m) = g.as_mut() {
                    m.remove(&(p as usize));
                }
            }
            IN.set(false);
        }
        unsafe { System.dealloc(p, l) }
    }
}
#[global_allocator]
static G: A = A;

#[test]
fn counts() {
    use std::sync::Arc;
    let r = runtime(true);
    let weak = r.enter(|py| {
        eprintln!("inside: strong {}", Arc::strong_count(&py.vm().state));
        Arc::downgrade(&py.vm().state)
    });
    eprintln!("outside: strong {}", weak.strong_count());
    r.exec("import threading").unwrap();
    eprintln!("after threading: strong {}", weak.strong_count());
    r.finish();
    eprintln!("finished: strong {}", weak.strong_count());
}
