//! The library's examples, as programs: `cargo test -p pyt-runtime` builds them.

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use pyt_test::{DEADLINE, Process};

/// The example `name`, to be run.
fn example(name: &str, arguments: &[&str]) -> Process {
    // This test is target/release/deps/examples-HASH.
    let test = std::env::current_exe().unwrap();
    let folder = test.ancestors().nth(2).unwrap();
    let path = folder.join("examples").join(name);
    assert!(
        path.exists(),
        "build the examples first: {}",
        path.display()
    );
    Process::new(path).args(arguments)
}

/// Runs an example to its end, which must be a good one, and returns what it wrote.
fn run(name: &str, arguments: &[&str]) -> String {
    let done = example(name, arguments).run();
    assert!(done.status.success(), "{done}");
    done.stdout
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
    let server = example("server", &["--requests", "21"]).start();
    let first = server.wait_for_output(DEADLINE, |text| text.contains('\n'));
    let first = first.lines().next().unwrap().trim();
    let address = first.rsplit('/').next().unwrap().to_owned();
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
    let done = server.wait(DEADLINE).unwrap();
    assert!(done.status.success(), "{done}");
    let rest = done.stdout;
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

#[test]
#[cfg(all(feature = "sandbox", target_os = "linux"))]
fn sandbox() {
    let text = run("sandbox", &[]);
    assert!(text.contains("The answer is 42"), "{text}");
    assert!(text.contains("Refused: "), "{text}");
    let end = "It was ended: the code took longer than 1s.";
    assert!(text.contains(end), "{text}");
}
