//! A process that was taken over sends what it likes: the host ends it, and tells so.
//!
//! The programs here write to the socket themselves.

use std::time::{Duration, Instant};

use pyt_runtime::{ErrorKind, Limits, Output, Runtime, sandbox::SandboxedRuntime};
use pyt_test::deadline::within;

use super::{small, with};

/// `send(*bytes)` writes a frame. The numbers of the messages are those of the enum `ToHost`.
const TOOLS: &str = "
import os
READY, FAILED, OUTPUT, FLUSH, HOST_CALL, DONE = range(6)
def raw(data):
    while data: data = data[os.write(3, data):]
def send(*header, payload=b''):
    body = bytes(header) + payload
    raw(len(body).to_bytes(4, 'little') + body)
def text(value): return bytes([len(value)]) + value
# An error: the count, then kind, class, message, traceback, frames, errno.
def error(kind): return bytes([1, kind]) + text(b'E') + text(b'm') + text(b't') + b'\\0\\0'
def wait():
    import time
    time.sleep(60)
";

fn sandbox() -> SandboxedRuntime {
    let limits = Limits::new().wall(Duration::from_secs(60));
    let builder = Runtime::builder().limits(limits).stdout(Output::null());
    let sandbox = with(builder, small().message_size(1 << 20))
        .function("host.nothing", |()| Ok(()))
        .function("host.much", |()| Ok(vec![7_u8; 1 << 19]))
        .build()
        .unwrap();
    sandbox.exec(TOOLS).unwrap();
    sandbox
}

#[test]
fn what_is_no_message_ends_the_process() {
    within("garbage", || {
        for code in [
            "raw(b'\\xff' * 100)",
            "raw(b'\\xff\\xff\\xff\\x7f')",
            "raw((40 << 20).to_bytes(4, 'little') + b'x')",
            "send()",
            "send(99)",
            "send(255, 255, 255, 255, 255)",
            "send(READY, 0)",
            "send(READY, 255, 255, 255, 255, 15)",
            "send(FAILED, payload=error(4))",
            "send(OUTPUT)",
            "send(OUTPUT, 9, 0)",
            "send(OUTPUT, 0, 1, 255, 255, 255, 255, 15)",
            "send(OUTPUT, 0, 1, 3, payload=b'\\xff\\xff\\xff')",
            "send(HOST_CALL, 1, 77)",
            "send(HOST_CALL)",
            "send(DONE, 99, 0)",
            "send(DONE, 0, 0)",
            "send(DONE, 2, 7)",
            "send(DONE, 2, 1, 0)",
            "send(DONE, 2, 1, 255, 255, 255, 255, 15)",
            // Errors that only the host can know: gone, and crashed.
            "send(DONE, 2, 1, payload=error(6))",
            "send(DONE, 2, 1, payload=error(10))",
            "send(DONE, 2, 1, payload=bytes([40]) + error(4)[1:] * 40)",
        ] {
            let sandbox = sandbox();
            let error = sandbox.exec(&format!("{code}\nwait()")).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Crashed, "{code}: {error:?}");
            assert!(
                error.to_string().contains("because it sent"),
                "{code}: {error}"
            );
            assert_eq!(sandbox.exec("pass").unwrap_err().kind(), ErrorKind::Gone);
        }
    });
}

#[test]
fn values_that_are_lies_are_errors() {
    within("values", || {
        let nested = "b'\\x09\\1\\0\\0\\0' * 100000 + b'\\0'";
        for payload in [
            "b''",
            "b'\\x0c'",
            "b'\\x03\\0'",
            // Counts beyond what follows.
            "b'\\x07\\xff\\xff\\xff\\xff'",
            "b'\\x08\\xff\\xff\\xff\\x7f'",
            "b'\\x09\\xff\\xff\\xff\\xff'",
            "b'\\x0b\\xff\\xff\\xff\\xff'",
            "b'\\x09\\2\\0\\0\\0\\0'",
            "b'\\x0b\\1\\0\\0\\0\\0'",
            // Text that is none, more than one value, and too deep.
            "b'\\x07\\1\\0\\0\\0\\xff'",
            "b'\\0\\0'",
            nested,
        ] {
            let sandbox = sandbox();
            let code = format!("(send(DONE, 2, 0, payload={payload}), wait())");
            let error = sandbox.eval::<Vec<Vec<()>>>(&code).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Exception, "{payload}: {error:?}");
        }
    });
}

#[test]
fn an_answer_that_comes_early_is_only_an_answer() {
    within("early answers", || {
        let sandbox = sandbox();
        // The program answers in the place of pyt: the host believes it, since it trusts no answer.
        let code = "(send(DONE, 2, 0, payload=b'\\x03' + (5).to_bytes(8, 'little')))";
        assert_eq!(sandbox.eval::<i64>(code).unwrap(), 5);
        // pyt's own answer is then one that no call waits for.
        let error = sandbox.eval::<i64>("1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crashed);
    });
}

#[test]
fn floods_are_bounded_by_the_limits() {
    within("floods", || {
        for code in [
            "while True: send(FLUSH, 0)",
            "while True: send(HOST_CALL, 1, 0, payload=b'\\x09\\0\\0\\0\\0')",
            // Calls whose results are not read: the host must not keep them all.
            "while True: send(HOST_CALL, 1, 1, payload=b'\\x09\\0\\0\\0\\0')",
            "while True: send(OUTPUT, 0, 0, payload=b'x' * 60000)",
            // A message that never ends.
            "raw((1 << 20).to_bytes(4, 'little'))\nwhile True: pass",
        ] {
            let sandbox = sandbox();
            let wall = Duration::from_millis(700);
            sandbox.set_limits(Limits::new().wall(wall));
            let before = resident();
            let began = Instant::now();
            let error = sandbox.exec(code).unwrap_err();
            assert!(began.elapsed() < wall + super::SLACK, "{code}");
            let is_typed = matches!(error.kind(), ErrorKind::Limit(_) | ErrorKind::Crashed);
            assert!(is_typed, "{code}: {error:?}");
            let grown = resident().saturating_sub(before);
            // Other tests of this process take memory, too.
            assert!(grown < 512 << 20, "{code}: {grown}");
        }
    });
}

#[test]
fn a_process_that_closes_its_socket_is_ended() {
    within("closed sockets", || {
        let sandbox = sandbox();
        let process = sandbox.process_id();
        let error = sandbox.exec("os.close(3)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crashed, "{error:?}");
        assert!(!super::is_alive(process));
        let sandbox = super::limited(Duration::from_millis(500));
        // It reads nothing any more.
        sandbox.exec("import os, threading\nthreading.Thread(target=lambda: [os.read(3, 1) for _ in range(10 ** 9)], daemon=True).start()").ok();
        assert!(sandbox.exec("pass").is_err() || sandbox.set("x", vec![0_u8; 10 << 20]).is_err());
    });
}

/// The resident memory of this process.
fn resident() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}
