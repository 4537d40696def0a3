//! The host's end of a stream whose program runs in another process.

use std::sync::Arc;

use super::{
    Output, OutputTarget,
    lines::{Line, LineCallback, LineSink},
    sink::{NullSink, ProcessSink, Sink, StreamName, WriterSink},
};

/// Where output from another process leads.
#[derive(Clone)]
pub(crate) struct RemoteOutput {
    sink: Arc<dyn Sink>,
    /// The function that gets whole lines, if that is what the output is.
    each: Option<LineCallback>,
    is_null: bool,
}

impl RemoteOutput {
    pub(crate) fn stdout(output: &Output) -> Self {
        Self::open(output, StreamName::Stdout)
    }

    pub(crate) fn stderr(output: &Output) -> Self {
        Self::open(output, StreamName::Stderr)
    }

    fn open(output: &Output, name: StreamName) -> Self {
        let mut each = None;
        let sink: Arc<dyn Sink> = match &output.0 {
            OutputTarget::Inherit => Arc::new(ProcessSink::of(name)),
            OutputTarget::Null => Arc::new(NullSink),
            OutputTarget::Capture(capture) => Arc::new(capture.clone()),
            OutputTarget::Writer(writer) => Arc::new(WriterSink::clone(writer)),
            OutputTarget::Lines(function) => {
                each = Some(function.clone());
                Arc::new(LineSink::new(function.clone()))
            }
        };
        Self {
            sink,
            each,
            is_null: matches!(output.0, OutputTarget::Null),
        }
    }

    pub(crate) const fn is_null(&self) -> bool {
        self.is_null
    }

    /// Whether whole lines are wanted.
    pub(crate) const fn takes_lines(&self) -> bool {
        self.each.is_some()
    }

    /// Passes on what was written: a line of the thread `line`, or bytes. A failure of the host's
    /// writer is not told to the program, which has gone on.
    pub(crate) fn write(&self, line: Option<&str>, bytes: &[u8]) {
        match (line, &self.each) {
            (Some(thread), Some(each)) => {
                let text = &String::from_utf8_lossy(bytes);
                let _ = each(Line { thread, text });
            }
            (Some(_), None) => {
                self.write_all(bytes);
                self.write_all(b"\n");
            }
            (None, _) => self.write_all(bytes),
        }
    }

    fn write_all(&self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            match self.sink.write(bytes) {
                Ok(0) | Err(_) => return,
                Ok(count) => bytes = &bytes[count..],
            }
        }
    }

    pub(crate) fn flush(&self) {
        let _ = self.sink.flush();
    }
}
