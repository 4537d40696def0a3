//! An HTTP server whose answers are made by a script, on the threads of the host's that have the
//! connections: all in one runtime, without the GIL.
//!
//! `cargo run --release --ignore-rust-version -p pyt-runtime --example server -- [--port PORT]
//! [--requests COUNT]` ends by itself after COUNT requests, if that is given. What the script
//! prints shows with the name of its thread.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use pyt_runtime::{Error, Isolation, Output, Runtime, Value};

/// Threads that answer.
const WORKERS: usize = 4;

const SCRIPT: &str = r#"
import json, threading
from urllib.parse import parse_qsl, urlsplit

count = 0
lock = threading.Lock()

def answer(target):
    global count
    with lock:
        count += 1
        number = count
    url = urlsplit(target)
    print(f"request {number}: {url.path}")
    if url.path == "/fail":
        raise ValueError("as asked")
    return json.dumps({"number": number, "path": url.path, "query": dict(parse_qsl(url.query))})
"#;

fn main() -> ExitCode {
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("server: {error}");
            ExitCode::FAILURE
        }
    }
}

fn serve() -> Result<(), Box<dyn std::error::Error>> {
    let port: u16 = argument("--port")?.unwrap_or(0);
    let requests: usize = argument("--requests")?.unwrap_or(usize::MAX);
    let runtime = Runtime::builder()
        .gil(false)
        // The script answers requests, and has no business with files or the network itself.
        .isolated(Isolation::new())
        .stdout(Output::lines(|line| {
            println!("[{}] {}", line.thread, line.text);
        }))
        .build()?;
    runtime.exec(SCRIPT)?;
    let answer: Value = runtime.get("answer")?;

    let listener = Arc::new(TcpListener::bind(("127.0.0.1", port))?);
    println!("listening on http://{}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let taken = Arc::new(AtomicUsize::new(0));
    thread::scope(|scope| {
        for number in 0..WORKERS {
            let (listener, taken, answer) = (listener.clone(), taken.clone(), &answer);
            let worker = move || {
                // Requests are counted: a worker takes one only if one is left.
                while taken.fetch_add(1, Ordering::Relaxed) < requests {
                    let Ok((connection, _)) = listener.accept() else {
                        return;
                    };
                    if let Err(error) = respond(&connection, answer) {
                        eprintln!("a connection was lost: {error}");
                    }
                }
            };
            thread::Builder::new()
                .name(format!("worker-{number}"))
                .spawn_scoped(scope, worker)?;
        }
        Ok::<(), std::io::Error>(())
    })?;
    println!("answered {} requests", runtime.eval::<usize>("count")?);
    drop(answer);
    runtime.finish();
    Ok(())
}

fn respond(connection: &TcpStream, answer: &Value) -> std::io::Result<()> {
    let mut lines = BufReader::new(connection).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    // What a browser says beside that is not needed here.
    for line in lines {
        if line?.is_empty() {
            break;
        }
    }
    let target = request.split(' ').nth(1).unwrap_or("/").to_owned();
    let (status, body) = match answer.call::<String>((target,)) {
        Ok(body) => ("200 OK", body),
        Err(error) => ("500 Internal Server Error", shown(&error)),
    };
    let mut connection = connection;
    write!(
        connection,
        "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
}

/// The error as JSON: its kind and message; the traceback is for the server's log only.
fn shown(error: &Error) -> String {
    eprint!("{}", error.traceback());
    format!("{{\"error\": {:?}}}", error.to_string())
}

/// The value that follows `name` on the command line.
fn argument<T: std::str::FromStr>(name: &str) -> Result<Option<T>, String> {
    let mut arguments = std::env::args().skip_while(|argument| argument != name);
    match (arguments.next(), arguments.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(value)) => {
            let value = value
                .parse()
                .map_err(|_| format!("{name}: what is {value}?"))?;
            Ok(Some(value))
        }
        (Some(_), None) => Err(format!("{name} wants a number")),
    }
}
