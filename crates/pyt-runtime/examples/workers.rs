//! Jobs for warm interpreters: a pool hands them out to the host's threads and takes them back
//! clean.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example workers -- [JOBS]`

use std::{sync::Mutex, thread, time::Instant};

use pyt_runtime::{Error, Runtime, RuntimePool};

/// What each job runs. `seen` would tell if anything were left of the job before.
const JOB: &str = "
seen = 'text' in globals()
";

fn main() -> Result<(), Error> {
    let jobs = std::env::args().nth(1).and_then(|jobs| jobs.parse().ok());
    let pool = RuntimePool::new(2, Runtime::builder)?;
    let queue = Mutex::new(0..jobs.unwrap_or(20));
    let started = Instant::now();
    let next = || queue.lock().ok().and_then(|mut jobs| jobs.next());
    let work = |pool: &RuntimePool| -> Result<(), Error> {
        while let Some(job) = next() {
            let runtime = pool.get()?;
            runtime.exec(JOB)?;
            runtime.set("text", format!("job {job}"))?;
            let (shouted, seen): (String, bool) = runtime.eval("(text.upper(), seen)")?;
            println!(
                "{shouted}{}",
                if seen { ", in a dirty runtime" } else { "" }
            );
        }
        Ok(())
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(|| work(&pool))).collect();
        workers.into_iter().try_for_each(|worker| {
            let panicked = |_| Error::new("RuntimeError", "a worker panicked");
            worker.join().map_err(panicked)?
        })
    })?;
    println!("done after {:?}", started.elapsed());
    Ok(())
}
