//! A sink that assembles whole lines, separately for each thread.

use std::{
    collections::{HashMap, HashSet},
    io,
    panic::{self, AssertUnwindSafe},
    sync::Arc,
};

use parking_lot::Mutex;
use pyt_sched::{Thread, ThreadId, current_id};

use super::sink::Sink;

/// The longest line in bytes. Longer ones are passed on in pieces.
const MAX_LINE: usize = 1 << 20;

/// A line that a Python thread wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Line<'a> {
    /// The thread's name, as in `threading.current_thread().name`.
    pub thread: &'a str,
    /// The line, without its newline.
    pub text: &'a str,
}

pub(super) type LineCallback = Arc<dyn Fn(Line<'_>) -> io::Result<()> + Send + Sync>;

/// Assembles lines and passes them to a function.
pub(super) struct LineSink {
    each: LineCallback,
    tails: Mutex<Tails>,
}

#[derive(Default)]
struct Tails {
    /// The text after each thread's last newline, and the thread's name at that time.
    pending: HashMap<ThreadId, (String, Vec<u8>)>,
    /// Threads for which [`Sink::thread_ends`] will be called.
    expected: HashSet<ThreadId>,
}

impl LineSink {
    pub(super) fn new(each: LineCallback) -> Self {
        Self {
            each,
            tails: Mutex::default(),
        }
    }

    fn deliver(&self, thread: &str, line: &[u8]) -> io::Result<()> {
        let text = String::from_utf8_lossy(line);
        (self.each)(Line {
            thread,
            text: &text,
        })
    }

    /// Passes on what `thread` wrote after its last newline.
    fn deliver_tail(&self, thread: ThreadId) -> io::Result<()> {
        let tail = self.tails.lock().pending.remove(&thread);
        match tail {
            Some((name, tail)) => self.deliver(&name, &tail),
            None => Ok(()),
        }
    }

    /// The end of the first line of `bytes`, and where the next one begins.
    fn first_line(bytes: &[u8]) -> Option<(usize, usize)> {
        let searched = &bytes[..bytes.len().min(MAX_LINE + 1)];
        match searched.iter().position(|byte| *byte == b'\n') {
            Some(end) => Some((end, end + 1)),
            None if bytes.len() > MAX_LINE => {
                // Not within a UTF-8 character.
                let starts = |at: &usize| bytes[*at] & 0xC0 != 0x80;
                let end = (MAX_LINE - 3..=MAX_LINE).rev().find(starts);
                let end = end.unwrap_or(MAX_LINE);
                Some((end, end))
            }
            None => None,
        }
    }
}

impl Sink for LineSink {
    fn write(&self, bytes: &[u8]) -> io::Result<usize> {
        let me = current_id();
        let name = Thread::current().map_or_else(String::new, |thread| thread.name());
        let before = self.tails.lock().pending.remove(&me);
        let joined;
        let mut rest = bytes;
        if let Some((_, mut tail)) = before {
            tail.extend_from_slice(bytes);
            joined = tail;
            rest = &joined;
        }
        // A line that the function failed on is not passed on again; the lines after it are kept
        // for the next call.
        let mut result = Ok(bytes.len());
        while let Some((end, next)) = Self::first_line(rest) {
            let line = &rest[..end];
            rest = &rest[next..];
            let delivered = panic::catch_unwind(AssertUnwindSafe(|| self.deliver(&name, line)));
            match delivered {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    result = Err(error);
                    break;
                }
                Err(panic) => {
                    self.keep(me, name, rest);
                    panic::resume_unwind(panic);
                }
            }
        }
        self.keep(me, name, rest);
        result
    }

    fn flush(&self) -> io::Result<()> {
        self.deliver_tail(current_id())
    }

    fn finish(&self) {
        let tails = std::mem::take(&mut *self.tails.lock());
        for (name, tail) in tails.pending.into_values() {
            // The interpreter has ended, so a failure cannot be raised.
            let _ = panic::catch_unwind(AssertUnwindSafe(|| self.deliver(&name, &tail)));
        }
    }

    fn has_new_tail(&self) -> bool {
        let me = current_id();
        let mut tails = self.tails.lock();
        tails.pending.contains_key(&me) && tails.expected.insert(me)
    }

    fn thread_ends(&self, thread: ThreadId) {
        self.tails.lock().expected.remove(&thread);
        // The thread has ended, so a failure cannot be raised.
        let _ = panic::catch_unwind(AssertUnwindSafe(|| self.deliver_tail(thread)));
    }
}

impl LineSink {
    fn keep(&self, me: ThreadId, name: String, rest: &[u8]) {
        if !rest.is_empty() {
            let mut tails = self.tails.lock();
            // The function itself may have written on this thread, by way of Python.
            let tail = tails.pending.entry(me).or_insert((name, Vec::new()));
            tail.1.splice(0..0, rest.iter().copied());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn collecting() -> (LineSink, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let copy = lines.clone();
        let each = move |line: Line<'_>| {
            copy.lock().push(line.text.to_owned());
            Ok(())
        };
        (LineSink::new(Arc::new(each)), lines)
    }

    #[test]
    fn lines_end_at_newlines_or_a_flush() {
        let (sink, lines) = collecting();
        sink.write(b"one\ntw").unwrap();
        sink.write(b"o\n\nthr").unwrap();
        assert_eq!(*lines.lock(), ["one", "two", ""]);
        sink.flush().unwrap();
        sink.write(b"ee").unwrap();
        sink.finish();
        assert_eq!(*lines.lock(), ["one", "two", "", "thr", "ee"]);
    }

    #[test]
    fn endless_lines_come_in_pieces() {
        let (sink, lines) = collecting();
        let text = "é".repeat(MAX_LINE + 1);
        sink.write(text.as_bytes()).unwrap();
        sink.finish();
        let lines = lines.lock();
        assert!(lines.iter().all(|line| line.len() <= MAX_LINE));
        assert_eq!(lines.concat(), text);
    }

    #[test]
    fn a_line_that_was_refused_does_not_come_again() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let copy = seen.clone();
        let sink = LineSink::new(Arc::new(move |line: Line<'_>| {
            copy.lock().push(line.text.to_owned());
            match line.text {
                "bad" => Err(io::ErrorKind::Other.into()),
                _ => Ok(()),
            }
        }));
        assert!(sink.write(b"good\nbad\nnext\n").is_err());
        sink.write(b"last\n").unwrap();
        assert_eq!(*seen.lock(), ["good", "bad", "next", "last"]);
    }
}
