//! Python in a Rust program: values in and out, a function of the host's, output in a buffer, and
//! what an error looks like.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example hello`

use pyt_runtime::{Capture, Error, ModuleBuilder, Runtime};

fn main() -> Result<(), Error> {
    let output = Capture::new();
    let host = ModuleBuilder::new("host").function("shout", |text: String| text.to_uppercase());
    let runtime = Runtime::builder().stdout(&output).module(host).build()?;

    // Values go in and come out as Rust's own types.
    runtime.set("numbers", vec![3, 1, 2])?;
    let sorted: Vec<i64> = runtime.eval("sorted(numbers)")?;
    println!("sorted by Python: {sorted:?}");

    // Scripts call the host, and the host calls functions of scripts.
    runtime.exec(
        "
import host

def greet(name):
    print('greeting', name)
    return host.shout(f'hello, {name}!')
",
    )?;
    let greet: pyt_runtime::Value = runtime.get("greet")?;
    let greeting: String = greet.call(("world",))?;
    println!("{greeting}");
    print!("Python printed: {}", output.take());

    // Errors carry the traceback.
    if let Err(error) = greet.call::<String>(()) {
        println!("{error}");
    }
    runtime.finish();
    Ok(())
}
