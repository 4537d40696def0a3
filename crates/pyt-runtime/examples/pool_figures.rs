//! Measures how long 1,000 scripts take that are given to a pool of two runtimes at once, by tasks
//! of tokio: from the moment at which all are there to the end of each. Shown are the median, the
//! 99th percentile and the last, with the GIL and without.
//!
//! Two ways are measured in turn: tasks that wait by `get_async`, and threads of tokio's blocking
//! pool that wait by `get`. In front of both is what one script takes on one runtime by itself:
//! what 1,000 take is at best 500 times that on two processors. The last column is the processor
//! time of the process for each script: on a machine that does other things, too, it says more than
//! the others. Lines can be chosen by part of their name: `pool_figures warm`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use pyt_runtime::{Error, Runtime, RuntimePool};

const SCRIPTS: usize = 1000;
const RUNTIMES: usize = 2;

const SCRIPT: &str = "
import json
order = {'id': 7, 'lines': [{'item': n, 'price': n * 1.25} for n in range(20)]}
text = json.dumps(order)
total = sum(line['price'] for line in json.loads(text)['lines'])
assert total == 237.5
";

fn main() -> Result<(), Error> {
    let executor = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(SCRIPTS)
        .build()
        .map_err(|error| Error::new("RuntimeError", error.to_string()))?;
    println!(
        "{:38} {:>10} {:>10} {:>10} {:>10}",
        "", "p50", "p99", "last", "processor"
    );
    let chosen = std::env::args().nth(1).unwrap_or_default();
    for gil in [true, false] {
        let mode = if gil { "GIL" } else { "free" };
        let builder = move || Runtime::builder().gil(gil);
        let name = format!("{mode}: one script alone");
        if name.contains(&chosen) {
            let runtime = builder().build()?;
            let cpu = processor_time();
            let alone: Result<Vec<_>, Error> = (0..200)
                .map(|_| {
                    let began = Instant::now();
                    runtime.exec(SCRIPT).map(|()| began.elapsed())
                })
                .collect();
            show(&name, alone?, cpu);
            runtime.finish();
        }
        for warm in [false, true] {
            let kind = if warm { "warm" } else { "new" };
            let [by_task, by_thread] = ["get_async, exec_async", "spawn_blocking, get"]
                .map(|way| format!("{mode}, {kind}: {way}"));
            if !by_task.contains(&chosen) && !by_thread.contains(&chosen) {
                continue;
            }
            let pool = match warm {
                true => RuntimePool::warm(RUNTIMES, builder, ["json"])?,
                false => RuntimePool::new(RUNTIMES, builder)?,
            };
            let pool = Arc::new(pool);
            if by_task.contains(&chosen) {
                let cpu = processor_time();
                show(&by_task, await_runtimes(&executor, &pool)?, cpu);
            }
            if by_thread.contains(&chosen) {
                let cpu = processor_time();
                show(&by_thread, block_for_runtimes(&executor, &pool)?, cpu);
            }
        }
    }
    Ok(())
}

/// How long it took until each script had ended, of tasks that wait for a runtime.
fn await_runtimes(executor: &Executor, pool: &Arc<RuntimePool>) -> Result<Vec<Duration>, Error> {
    let began = Instant::now();
    let task = |_| {
        let pool = pool.clone();
        executor.spawn(async move {
            let runtime = pool.get_async().await?;
            runtime.exec_async(SCRIPT).await?;
            Ok::<_, Error>(began.elapsed())
        })
    };
    ends(executor, (0..SCRIPTS).map(task).collect())
}

/// The same, of threads that wait for a runtime.
fn block_for_runtimes(
    executor: &Executor,
    pool: &Arc<RuntimePool>,
) -> Result<Vec<Duration>, Error> {
    let began = Instant::now();
    let task = |_| {
        let pool = pool.clone();
        executor.spawn_blocking(move || {
            pool.get()?.exec(SCRIPT)?;
            Ok::<_, Error>(began.elapsed())
        })
    };
    ends(executor, (0..SCRIPTS).map(task).collect())
}

type Executor = tokio::runtime::Runtime;
type Task = tokio::task::JoinHandle<Result<Duration, Error>>;

fn ends(executor: &Executor, tasks: Vec<Task>) -> Result<Vec<Duration>, Error> {
    let wait = |task: Task| {
        let ended = executor.block_on(task);
        ended.unwrap_or_else(|error| Err(Error::new("RuntimeError", error.to_string())))
    };
    tasks.into_iter().map(wait).collect()
}

/// The processor time that the process has used so far.
fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes this structure only.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}

fn show(name: &str, mut times: Vec<Duration>, cpu_before: Duration) {
    let scripts = u32::try_from(times.len()).unwrap_or(1);
    let each = (processor_time().saturating_sub(cpu_before)) / scripts;
    times.sort_unstable();
    let at = |part: usize| format!("{:.1?}", times[(times.len() - 1) * part / 100]);
    let each = format!("{each:.1?}");
    println!(
        "{name:38} {:>10} {:>10} {:>10} {each:>10}",
        at(50),
        at(99),
        at(100)
    );
}
