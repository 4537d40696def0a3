//! Measures how long 1,000 scripts take that are given to a pool of two runtimes at once, by tasks
//! of tokio: from the moment at which all are there to the end of each. Shown are the median, the
//! 99th percentile and the last, with the GIL and without.
//!
//! Two ways are measured in turn: tasks that wait by `get_async`, and threads of tokio's blocking
//! pool that wait by `get`. In front of both is what one script takes on one runtime by itself:
//! what 1,000 take is at best 500 times that on two processors.

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
    println!("{:38} {:>10} {:>10} {:>10}", "", "p50", "p99", "last");
    for gil in [true, false] {
        let mode = if gil { "GIL" } else { "free" };
        let builder = move || Runtime::builder().gil(gil);
        let runtime = builder().build()?;
        let alone: Result<Vec<_>, Error> = (0..200)
            .map(|_| {
                let began = Instant::now();
                runtime.exec(SCRIPT).map(|()| began.elapsed())
            })
            .collect();
        show(&format!("{mode}: one script alone"), alone?);
        runtime.finish();
        for warm in [false, true] {
            let pool = match warm {
                true => RuntimePool::warm(RUNTIMES, builder, ["json"])?,
                false => RuntimePool::new(RUNTIMES, builder)?,
            };
            let pool = Arc::new(pool);
            let kind = if warm { "warm" } else { "new" };
            let began = Instant::now();
            let tasks: Vec<_> = (0..SCRIPTS)
                .map(|_| {
                    let pool = pool.clone();
                    executor.spawn(async move {
                        let runtime = pool.get_async().await?;
                        runtime.exec_async(SCRIPT).await?;
                        Ok::<_, Error>(began.elapsed())
                    })
                })
                .collect();
            let name = format!("{mode}, {kind}: get_async, exec_async");
            show(&name, ends(&executor, tasks)?);

            let began = Instant::now();
            let tasks: Vec<_> = (0..SCRIPTS)
                .map(|_| {
                    let pool = pool.clone();
                    executor.spawn_blocking(move || {
                        pool.get()?.exec(SCRIPT)?;
                        Ok::<_, Error>(began.elapsed())
                    })
                })
                .collect();
            let name = format!("{mode}, {kind}: spawn_blocking, get");
            show(&name, ends(&executor, tasks)?);
        }
    }
    Ok(())
}

type Task = tokio::task::JoinHandle<Result<Duration, Error>>;

fn ends(executor: &tokio::runtime::Runtime, tasks: Vec<Task>) -> Result<Vec<Duration>, Error> {
    let wait = |task: Task| {
        let ended = executor.block_on(task);
        ended.unwrap_or_else(|error| Err(Error::new("RuntimeError", error.to_string())))
    };
    tasks.into_iter().map(wait).collect()
}

fn show(name: &str, mut times: Vec<Duration>) {
    times.sort_unstable();
    let at = |part: usize| format!("{:.1?}", times[(times.len() - 1) * part / 100]);
    println!("{name:38} {:>10} {:>10} {:>10}", at(50), at(99), at(100));
}
