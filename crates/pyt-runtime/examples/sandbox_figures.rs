//! Measures sandboxes beside the runtime in the own process: starting one, taking one from a pool,
//! a call, and values of 1 MB in each direction. Shown are medians and 99th percentiles.
//!
//! `--program PATH` runs the sandboxes with another program, such as `pyt`.

use std::{
    env,
    time::{Duration, Instant},
};

use pyt_runtime::{
    Error, Function, Limits, Runtime, Serde, Value,
    sandbox::{self, Sandbox, SandboxPool},
};

const DEFINITIONS: &str = "
def nothing(): pass
def same(x): return x
def loop(): return sum(i * i for i in range(20000))
";

/// How many floats, bytes or characters are a megabyte.
const FLOATS: usize = 125_000;
const BYTES: usize = 1_000_000;

fn main() -> Result<(), Error> {
    sandbox::child_main();
    let mut policy = Sandbox::require();
    let mut arguments = env::args().skip(1);
    if arguments.next().as_deref() == Some("--program")
        && let Some(path) = arguments.next()
    {
        policy = policy.program(path);
    }
    let builder = || {
        Runtime::builder()
            .limits(Limits::new().wall(Duration::from_secs(10)))
            .sandboxed(policy.clone())
            .function("host.nothing", |()| Ok(()))
            .warm_up(DEFINITIONS)
    };
    println!("{:34} {:>12} {:>12}", "", "p50", "p99");

    measure("start: runtime in the process", 20, || {
        Runtime::builder().build().map(Runtime::finish).map(drop)
    })?;
    measure("start: sandbox, and its end", 20, || {
        builder().build().map(drop)
    })?;
    let pool = SandboxPool::new(4, builder())?;
    let mut taken = Vec::new();
    for _ in 0..20 {
        while pool.ready() < 4 {
            std::thread::sleep(Duration::from_millis(5));
        }
        let began = Instant::now();
        let sandbox = pool.get()?;
        sandbox.call::<()>("nothing", ())?;
        taken.push(began.elapsed());
    }
    show("pool: take a warm one, first call", taken);
    drop(pool);

    let runtime = Runtime::builder().build()?;
    runtime.exec(DEFINITIONS)?;
    runtime.set("host_nothing", Function::new("nothing", || ()))?;
    let (nothing, same): (Value, Value) = (runtime.get("nothing")?, runtime.get("same")?);
    let sandbox = builder().build()?;
    sandbox.exec("import host")?;
    measure("call: in the process", 2000, || nothing.call::<()>(()))?;
    measure("call: sandbox", 2000, || sandbox.call::<()>("nothing", ()))?;
    measure("host function: in the process", 2000, || {
        runtime.exec("host_nothing()")
    })?;
    measure("host function: sandbox", 2000, || {
        sandbox.exec("host.nothing()")
    })?;
    measure("a loop of 20,000: in the process", 50, || {
        runtime.eval::<i64>("loop()").map(drop)
    })?;
    measure("a loop of 20,000: sandbox", 50, || {
        sandbox.call::<i64>("loop", ()).map(drop)
    })?;

    let floats: Vec<f64> = (0..FLOATS).map(|number| number as f64).collect();
    measure("1 MB of floats, both ways: process", 20, || {
        let Serde(back) = same.call::<Serde<Vec<f64>>>((Serde(&floats),))?;
        assert_eq!(back.len(), FLOATS);
        Ok(())
    })?;
    measure("1 MB of floats, both ways: sandbox", 20, || {
        let back: Vec<f64> = sandbox.call("same", (&floats,))?;
        assert_eq!(back.len(), FLOATS);
        Ok(())
    })?;
    let text = "x".repeat(BYTES);
    measure("1 MB of text, both ways: process", 50, || {
        let Serde(back) = same.call::<Serde<String>>((Serde(&text),))?;
        assert_eq!(back.len(), BYTES);
        Ok(())
    })?;
    measure("1 MB of text, both ways: sandbox", 50, || {
        let back: String = sandbox.call("same", (&text,))?;
        assert_eq!(back.len(), BYTES);
        Ok(())
    })?;

    let wall = Duration::from_millis(300);
    sandbox.set_limits(Limits::new().wall(wall));
    let mut late = Vec::new();
    for _ in 0..10 {
        let sandbox = builder().build()?;
        sandbox.set_limits(Limits::new().wall(wall));
        let began = Instant::now();
        let ended = sandbox.exec("sum(range(10 ** 15))");
        assert!(ended.is_err());
        late.push(began.elapsed().saturating_sub(wall));
    }
    show("a native loop ends after its limit", late);
    runtime.finish();
    Ok(())
}

fn measure(
    what: &str,
    times: usize,
    mut run: impl FnMut() -> Result<(), Error>,
) -> Result<(), Error> {
    run()?;
    let mut taken = Vec::with_capacity(times);
    for _ in 0..times {
        let began = Instant::now();
        run()?;
        taken.push(began.elapsed());
    }
    show(what, taken);
    Ok(())
}

fn show(what: &str, mut taken: Vec<Duration>) {
    taken.sort_unstable();
    let at = |part: usize| taken[(taken.len() * part / 100).min(taken.len() - 1)];
    println!("{what:34} {:>12.1?} {:>12.1?}", at(50), at(99));
}
