//! The library's examples, as programs: `cargo test -p pyt-runtime` builds them.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// What an example may take: much more than any needs.
const DEADLINE: Duration = Duration::from_secs(60);

/// The program of the example `name`.
fn program(name: &str) -> PathBuf {
    // This test is target/release/deps/examples-HASH.
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let path = folder.join("examples").join(name);
    assert!(
        path.exists(),
        "build the examples first: {}",
        path.display()
    );
    path
}

/// Starts an example. A hung one is killed.
fn start(name: &str, arguments: &[&str]) -> Child {
    let mut command = Command::new(program(name));
    command.args(arguments);
    command.stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits for its end.
fn finish(mut child: Child) -> Output {
    let begun = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if begun.elapsed() > DEADLINE {
            child.kill().unwrap();
            panic!("not done after {DEADLINE:?}");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    child.wait_with_output().unwrap()
}

/// Runs an example to its end, which must be a good one, and returns what it wrote.
fn run(name: &str, arguments: &[&str]) -> String {
    let output = finish(start(name, arguments));
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{name}: {:?}\n{errors}",
        output.status
    );
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn hello() {
    let text = run("hello", &[]);
    assert!(text.contains("sorted by Python: [1, 2, 3]"), "{text}");
    assert!(text.contains("HELLO, WORLD!"), "{text}");
    assert!(text.contains("Python printed: greeting world"), "{text}");
    assert!(text.contains("TypeError"), "{text}");
}

#[test]
fn server() {
    let mut child = start("server", &["--requests", "21"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    lines.read_line(&mut first).unwrap();
    let address = first.trim().rsplit('/').next().unwrap().to_owned();
    let get = |target: &str| {
        let mut connection = TcpStream::connect(&address).unwrap();
        write!(connection, "GET {target} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    };
    std::thread::scope(|scope| {
        for client in 0..4 {
            let get = &get;
            scope.spawn(move || {
                for _ in 0..5 {
                    let answer = get(&format!("/path?client={client}"));
                    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
                    let query = format!("\"query\": {{\"client\": \"{client}\"}}");
                    assert!(answer.contains(&query), "{answer}");
                }
            });
        }
    });
    let failed = get("/fail");
    assert!(failed.starts_with("HTTP/1.1 500"), "{failed}");
    assert!(failed.contains("ValueError: as asked"), "{failed}");
    let mut rest = String::new();
    lines.read_to_string(&mut rest).unwrap();
    assert!(finish(child).status.success());
    assert!(rest.contains("answered 21 requests"), "{rest}");
    assert_eq!(rest.matches("[worker-").count(), 21, "{rest}");
}

#[test]
fn plugins() {
    let text = run("plugins", &["--once"]);
    assert!(
        text.contains("polite answers \"Good day, started\""),
        "{text}"
    );
    assert!(text.contains("polite: host version 1"), "{text}");
    assert!(text.contains("curious prints: looking around"), "{text}");
    assert!(text.contains("curious failed: PermissionError"), "{text}");
    assert!(text.contains("unloading curious"), "{text}");
    assert!(
        text.contains("polite answers \"Good night, changed\""),
        "{text}"
    );
}

#[test]
fn workers() {
    let text = run("workers", &["12"]);
    assert_eq!(text.matches("JOB ").count(), 12, "{text}");
    assert!(!text.contains("dirty"), "{text}");
}

#[test]
fn limits() {
    let text = run("limits", &[]);
    for expected in [
        "a loop that catches everything: the code took longer than 500ms",
        "a thread that waits for ever: the code took longer than 500ms",
        "    forgotten stood",
        "recursion: the code recursed more than 500 deep",
        "a script that is well: done",
        "a long sleep: KeyboardInterrupt",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
}

#[test]
fn threads() {
    let text = run("threads", &["3"]);
    for name in ["thread", "producer", "consumer-1", "consumer-2", "computer"] {
        let rows = text.lines().filter(|line| line.starts_with(name));
        assert_eq!(rows.count(), 3, "{text}");
    }
    assert!(text.contains("waits for "), "{text}");
}
