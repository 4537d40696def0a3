//! Standard streams in the host's hands.

use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
        mpsc,
    },
};

use pyt_runtime::{Capture, ErrorKind, Input, Output, Runtime};
use pyt_test::deadline::within;

use crate::support::in_both_modes;

/// A runtime whose standard output and error come to `stdout` and `stderr`.
fn captured(gil: bool) -> (Runtime, Capture, Capture) {
    let (stdout, stderr) = (Capture::new(), Capture::new());
    let builder = Runtime::builder().gil(gil).stdout(&stdout).stderr(&stderr);
    (builder.build().unwrap(), stdout, stderr)
}

type Seen = Arc<Mutex<Vec<(String, String)>>>;

/// A runtime whose lines, with the names of their threads, come to the list.
fn by_lines(gil: bool) -> (Runtime, Seen) {
    let seen = Seen::default();
    let copy = seen.clone();
    let output = Output::lines(move |line| {
        let line = (line.thread.to_owned(), line.text.to_owned());
        copy.lock().unwrap().push(line);
    });
    let runtime = Runtime::builder().gil(gil).stdout(output).build().unwrap();
    (runtime, seen)
}

#[test]
fn output_is_there_as_soon_as_it_is_written() {
    in_both_modes(|gil| {
        let (runtime, stdout, stderr) = captured(gil);
        runtime
            .exec("import sys; print('a', end=''); print('é', end='', file=sys.stderr)")
            .unwrap();
        assert_eq!((stdout.text(), stderr.text()), ("a".into(), "é".into()));
        runtime.exec("sys.stdout.buffer.write(b'\\xff')").unwrap();
        assert_eq!(stdout.take_bytes(), b"a\xff");
        assert!(stdout.is_empty());
        runtime.exec("print('b')").unwrap();
        assert_eq!(stdout.take(), "b\n");
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn the_streams_are_text_streams() {
    within("text streams", || {
        let (runtime, stdout, stderr) = captured(true);
        runtime
            .exec(
                "import io, sys
for stream in (sys.stdout, sys.stderr):
    assert isinstance(stream, io.TextIOWrapper) and stream.encoding == 'utf-8', stream
    assert not stream.isatty() and stream.writable() and not stream.readable()
    assert not stream.buffer.isatty() and not stream.closed
    for call in (stream.fileno, stream.buffer.fileno, stream.read, stream.seek):
        try:
            call(*[0] if call == stream.seek else [])
        except io.UnsupportedOperation:
            pass
        else:
            raise AssertionError(call)
assert sys.__stdout__ is sys.stdout and sys.__stderr__ is sys.stderr
assert sys.stdout.name == '<stdout>' and sys.stdout.mode == 'w'
print('one', flush=True)
sys.stdout.buffer.write(bytearray(b'two\\n'))
sys.stdout.buffer.write(memoryview(b'three\\n'))
sys.__stdout__.writelines(['fo', 'ur\\n'])
print('\\udcff')
print('\\udcff', file=sys.stderr)
from contextlib import redirect_stdout
with redirect_stdout(io.StringIO()) as kept:
    print('elsewhere')
assert kept.getvalue() == 'elsewhere\\n'",
            )
            .unwrap();
        assert_eq!(stdout.take_bytes(), b"one\ntwo\nthree\nfour\n\xff\n");
        assert_eq!(stderr.take(), "\\udcff\n");
        runtime.exec("sys.stdout.close()").unwrap();
        let error = runtime.exec("print('more')").unwrap_err();
        assert_eq!(error.type_name(), "ValueError");
    });
}

#[test]
fn tracebacks_of_threads_go_to_stderr() {
    in_both_modes(|gil| {
        let (runtime, _, stderr) = captured(gil);
        runtime
            .exec(
                "import threading
t = threading.Thread(target=lambda: 1 / 0, name='divider')
t.start()
t.join()",
            )
            .unwrap();
        let text = stderr.take();
        assert!(text.contains("Exception in thread divider"), "{text}");
        assert!(text.contains("ZeroDivisionError"), "{text}");
    });
}

#[test]
fn lines_of_threads_do_not_mix() {
    in_both_modes(|gil| {
        let (runtime, seen) = by_lines(gil);
        runtime
            .exec(
                "import threading, time
def work(n):
    for i in range(200):
        print(n, end=' ')
        print(i, end=' ')
        print('x' * 20)
threads = [threading.Thread(target=work, args=(n,), name=f'w{n}') for n in range(6)]
for t in threads: t.start()
for t in threads: t.join()",
            )
            .unwrap();
        let seen = std::mem::take(&mut *seen.lock().unwrap());
        for n in 0..6 {
            let of_one: Vec<_> = seen
                .iter()
                .filter(|(thread, _)| *thread == format!("w{n}"))
                .map(|(_, text)| text.clone())
                .collect();
            let expected: Vec<_> = (0..200)
                .map(|i| format!("{n} {i} {}", "x".repeat(20)))
                .collect();
            assert_eq!(of_one, expected);
        }
        assert_eq!(seen.len(), 1200);
    });
}

#[test]
fn unfinished_lines_come_at_the_end_of_their_thread_at_a_flush_and_at_the_end() {
    in_both_modes(|gil| {
        let (runtime, seen) = by_lines(gil);
        runtime
            .exec(
                "import threading
t = threading.Thread(target=lambda: print('no newline', end=''), name='short')
t.start()
t.join()
print('prompt> ', end='', flush=True)
print('rest', end='')",
            )
            .unwrap();
        let line = |thread: &str, text: &str| (thread.to_owned(), text.to_owned());
        assert_eq!(
            *seen.lock().unwrap(),
            [line("short", "no newline"), line("MainThread", "prompt> ")]
        );
        // A thread of the host's that only visits.
        std::thread::scope(|scope| {
            let visit = || runtime.exec("print('visited', end='')").unwrap();
            let builder = std::thread::Builder::new().name("visitor".to_owned());
            builder.spawn_scoped(scope, visit).unwrap();
        });
        assert_eq!(
            seen.lock().unwrap().last(),
            Some(&line("visitor", "visited"))
        );
        assert_eq!(runtime.finish(), 0);
        assert_eq!(
            seen.lock().unwrap().last(),
            Some(&line("MainThread", "rest"))
        );
        assert_eq!(seen.lock().unwrap().len(), 4);
    });
}

#[test]
fn what_is_left_of_a_daemons_line_comes_at_the_end() {
    in_both_modes(|gil| {
        let (runtime, seen) = by_lines(gil);
        runtime
            .exec(
                "import threading
written = threading.Event()
def work():
    print('half', end='')
    written.set()
    threading.Event().wait()
threading.Thread(target=work, name='daemon', daemon=True).start()
written.wait()
import sys
sys.stdout = None",
            )
            .unwrap();
        assert_eq!(runtime.finish(), 0);
        assert_eq!(
            *seen.lock().unwrap(),
            [("daemon".to_owned(), "half".to_owned())]
        );
    });
}

#[test]
fn a_host_that_fails_or_panics_raises() {
    in_both_modes(|gil| {
        let calls = Arc::new(AtomicUsize::new(0));
        let count = calls.clone();
        let output = Output::try_lines(move |line| {
            count.fetch_add(1, Ordering::Relaxed);
            match line.text {
                "panic" => panic!("the host's {}", "bug"),
                "full" => Err(io::Error::from_raw_os_error(28)),
                "odd" => Err(io::Error::other("odd line")),
                _ => Ok(()),
            }
        });
        let runtime = Runtime::builder().gil(gil).stdout(output).build().unwrap();
        runtime.exec("print('fine')").unwrap();
        let panicked = runtime.exec("print('panic')").unwrap_err();
        assert_eq!(panicked.type_name(), "RuntimeError");
        assert!(panicked.message().contains("the host's bug"), "{panicked}");
        let full = "
try:
    print('full')
except OSError as error:
    assert error.errno == 28, error
else:
    assert False";
        runtime.exec(full).unwrap();
        let odd = runtime.exec("print('odd')").unwrap_err();
        assert_eq!((odd.type_name(), odd.message()), ("OSError", "odd line"));
        runtime.exec("print('fine again')").unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 5);
        assert_eq!(runtime.finish(), 0);
    });
}

#[test]
fn a_writer_gets_all_and_may_be_shared() {
    in_both_modes(|gil| {
        let (sender, receiver) = mpsc::channel::<Vec<u8>>();
        struct Channel(mpsc::Sender<Vec<u8>>);
        impl io::Write for Channel {
            fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
                // Less than there is: the rest has to come again.
                let some = bytes[..bytes.len().min(3)].to_vec();
                let count = some.len();
                self.0.send(some).map_err(io::Error::other)?;
                Ok(count)
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let output = Output::writer(Channel(sender));
        let builder = Runtime::builder()
            .gil(gil)
            .stdout(output.clone())
            .stderr(output);
        let runtime = builder.build().unwrap();
        runtime
            .exec("import sys; print('standard output'); print('error', file=sys.stderr)")
            .unwrap();
        let text: Vec<u8> = receiver.try_iter().flatten().collect();
        assert_eq!(text, b"standard output\nerror\n");
        drop(receiver);
        let error = runtime.exec("print('x')").unwrap_err();
        assert_eq!(error.type_name(), "OSError");
    });
}

#[test]
fn a_callback_may_enter_the_runtime() {
    in_both_modes(|gil| {
        let runtime = Arc::new(std::sync::OnceLock::<Runtime>::new());
        let inside = runtime.clone();
        let output = Output::lines(move |line| {
            if let Some(runtime) = inside.get() {
                let code = format!("seen.append({:?})", line.text);
                runtime.exec(&code).unwrap();
            }
        });
        let built = Runtime::builder().gil(gil).stdout(output).build().unwrap();
        assert!(runtime.set(built).is_ok());
        let runtime = runtime.get().unwrap();
        runtime
            .exec("seen = []\nprint('hello')\nprint('world')")
            .unwrap();
        runtime
            .exec("assert seen == ['hello', 'world'], seen")
            .unwrap();
    });
}

#[test]
fn others_run_while_a_writer_blocks() {
    in_both_modes(|gil| {
        let (go, wait) = mpsc::channel::<()>();
        let wait = Mutex::new(wait);
        let output = Output::lines(move |line| {
            if line.text == "blocks" {
                wait.lock().unwrap().recv().unwrap();
            }
        });
        let runtime = Runtime::builder().gil(gil).stdout(output).build().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(|| runtime.exec("started = True\nprint('blocks')").unwrap());
            loop {
                match runtime.exec("started") {
                    Ok(()) => break,
                    Err(_) => std::thread::yield_now(),
                }
            }
            runtime.exec("x = 1 + 1").unwrap();
            go.send(()).unwrap();
        });
    });
}

#[test]
fn input_comes_from_a_text_or_a_reader() {
    in_both_modes(|gil| {
        let builder = Runtime::builder().gil(gil).stdin("één\nzwei\nthree");
        let ask = Capture::new();
        for _ in 0..2 {
            let runtime = builder.clone().stdout(&ask).build().unwrap();
            runtime
                .exec(
                    "import io, sys
assert isinstance(sys.stdin, io.TextIOWrapper) and not sys.stdin.isatty()
assert input('? ') == 'één'
assert sys.stdin.readline() == 'zwei\\n'
assert list(sys.stdin) == ['three']
assert sys.stdin.read() == ''
assert sys.__stdin__ is sys.stdin
try:
    input()
except EOFError:
    pass
else:
    assert False
try:
    sys.stdin.fileno()
except io.UnsupportedOperation:
    pass
else:
    assert False",
                )
                .unwrap();
            assert_eq!(ask.take(), "? ");
        }
        struct Drip(u8);
        impl io::Read for Drip {
            fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
                self.0 += 1;
                match self.0 {
                    1 => Err(io::ErrorKind::Interrupted.into()),
                    2 => {
                        buffer[0] = b'a';
                        Ok(1)
                    }
                    3 => Err(io::Error::other("no more")),
                    4 => panic!("at the disco"),
                    _ => Ok(0),
                }
            }
        }
        let builder = Runtime::builder().gil(gil).stdin(Input::reader(Drip(0)));
        let runtime = builder.build().unwrap();
        runtime
            .exec("import sys; assert sys.stdin.buffer.raw.readinto(bytearray(4)) == 1")
            .unwrap();
        let error = runtime.exec("sys.stdin.read()").unwrap_err();
        assert_eq!((error.type_name(), error.message()), ("OSError", "no more"));
        let error = runtime.exec("sys.stdin.read()").unwrap_err();
        assert_eq!(error.type_name(), "RuntimeError");
        assert_eq!(
            runtime
                .exec("assert sys.stdin.read() == ''")
                .err()
                .map(|e| e.kind()),
            None
        );
    });
}

#[test]
fn exit_status_and_end_are_as_ever() {
    within("the end", || {
        let (runtime, stdout, _) = captured(true);
        runtime
            .exec("import atexit; atexit.register(print, 'bye')")
            .unwrap();
        let error = runtime.exec("raise SystemExit(3)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Exit(3));
        assert_eq!(runtime.finish(), 0);
        assert_eq!(stdout.text(), "bye\n");
    });
}

#[test]
fn nothing_is_kept_of_what_goes_nowhere() {
    within("null", || {
        let builder = Runtime::builder()
            .stdout(Output::null())
            .stdin(Input::empty());
        let runtime = builder.build().unwrap();
        runtime
            .exec("import sys; print('x' * 1000); assert sys.stdin.read() == ''")
            .unwrap();
    });
}
