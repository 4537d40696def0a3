//! Measures how long values take between Rust and Python: a million floats and a struct of three
//! fields, by [`Value`] and by serde. Shown is the processor time of the thread, per value: the
//! least of several batches, and the median. What is used up is made before the clock starts, and
//! what is made is freed after it has stopped.

use std::time::Duration;

use pyt_runtime::{Buffer, Error, Runtime, Serde, Value};
use serde::{Deserialize, Serialize};

const FLOATS: usize = 1_000_000;

/// How many batches there are, and how many structs are in one.
const BATCHES: usize = 15;
const STRUCTS: u32 = 20_000;

/// What crosses as a dictionary.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
struct Item {
    name: String,
    price: f64,
    count: i64,
}

fn main() -> Result<(), Error> {
    let runtime = Runtime::builder().build()?;
    runtime.exec("import array")?;
    println!("{:40} {:>12} {:>12}", "", "least", "p50");
    runtime.enter(|py| {
        let floats: Vec<f64> = (0..FLOATS).map(|number| number as f64 / 3.0).collect();
        let list: Value = py.value(floats.clone())?;
        let copy = || floats.clone();
        measure_of("1,000,000 floats, Vec to list", 1, copy, |floats| {
            py.value(floats)
        })?;
        measure("1,000,000 floats, list to Vec", 1, || {
            let back: Vec<f64> = list.extract()?;
            assert_eq!(back.len(), FLOATS);
            Ok(back)
        })?;
        measure("1,000,000 floats, Vec to list, serde", 1, || {
            py.value(Serde(&floats))
        })?;
        measure("1,000,000 floats, list to Vec, serde", 1, || {
            let Serde(back) = list.extract::<Serde<Vec<f64>>>()?;
            assert_eq!(back.len(), FLOATS);
            Ok(back)
        })?;
        let numbers: Value = py.eval("array.array('d', bytes(8_000_000))")?;
        measure("1,000,000 floats, Buffer of an array", 1, || {
            let buffer: Buffer<f64> = numbers.buffer()?;
            buffer.with(|floats| assert_eq!(floats.len(), FLOATS))
        })?;
        let item = Item {
            name: "tea".to_owned(),
            price: 2.5,
            count: 3,
        };
        let dict: Value = py.value(Serde(&item))?;
        measure("a struct to a dictionary, serde", STRUCTS, || {
            py.value(Serde(&item))
        })?;
        measure("a dictionary to a struct, serde", STRUCTS, || {
            let Serde(back) = dict.extract::<Serde<Item>>()?;
            assert_eq!(back.count, 3);
            Ok(back)
        })
    })?;
    runtime.finish();
    Ok(())
}

/// Runs each batch of `times`, and shows what one of them takes.
fn measure<R>(
    what: &str,
    times: u32,
    mut run: impl FnMut() -> Result<R, Error>,
) -> Result<(), Error> {
    measure_of(what, times, || (), |()| run())
}

/// As [`measure`], of what `prepare` makes.
fn measure_of<I, R>(
    what: &str,
    times: u32,
    mut prepare: impl FnMut() -> I,
    mut run: impl FnMut(I) -> Result<R, Error>,
) -> Result<(), Error> {
    let mut taken = Vec::with_capacity(BATCHES);
    for _ in 0..BATCHES {
        let inputs: Vec<I> = (0..times).map(|_| prepare()).collect();
        let mut made = Vec::with_capacity(times as usize);
        let began = processor_time();
        for input in inputs {
            made.push(run(input)?);
        }
        taken.push(processor_time().saturating_sub(began) / times);
    }
    taken.sort_unstable();
    println!(
        "{what:40} {:>12.2?} {:>12.2?}",
        taken[0],
        taken[BATCHES / 2]
    );
    Ok(())
}

/// The processor time that the thread has used so far.
fn processor_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: the call writes this structure only.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &raw mut time) };
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
}
