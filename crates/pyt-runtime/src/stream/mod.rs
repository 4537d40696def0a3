//! Where a runtime's standard streams lead: to the process's, to nothing, to a writer or a buffer
//! of the host's, or line by line to a function.
//!
//! [`object`] moves bytes between Python and a [`Sink`] or a reader. What the host does with them
//! is not known here.

mod capture;
mod input;
mod lines;
mod object;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
mod remote;
mod sink;

use std::{
    fmt,
    io::{self, Read, Write},
    sync::Arc,
};

use rustpython_vm::{PyResult, VirtualMachine};

pub use capture::Capture;
pub use lines::Line;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub(crate) use remote::RemoteOutput;

use self::{
    input::InputSource,
    lines::LineSink,
    sink::{NullSink, ProcessSink, Sink, StreamName, WriterSink},
};

/// Where `sys.stdout` or `sys.stderr` leads; see [`Builder::stdout`](crate::Builder::stdout).
///
/// Text arrives as it is written, encoded in UTF-8; Python buffers nothing. `print` writes its text
/// and the newline separately, so lines of two threads may be interleaved, as in CPython; with
/// [`lines`](Self::lines) they are not.
///
/// The streams are Python's own text streams (`io.TextIOWrapper`) over a raw stream that has no
/// file descriptor: `sys.stdout.fileno()` raises `io.UnsupportedOperation`. What programs write
/// without `sys.stdout` is not redirected: `os.write(1, …)`, C code, and child processes write to
/// the process's streams.
///
/// The host's writer or function runs on the Python thread that writes, detached from the
/// interpreter: other threads run Python meanwhile, and it may enter the runtime. If it fails or
/// panics, the call that wrote raises `OSError` or `RuntimeError`.
#[derive(Clone, Default)]
pub struct Output(OutputTarget);

#[derive(Clone, Default)]
enum OutputTarget {
    #[default]
    Inherit,
    Null,
    Capture(Capture),
    Writer(WriterSink),
    Lines(lines::LineCallback),
}

impl Output {
    /// To the process's own stream. This is the default.
    #[must_use]
    pub const fn inherit() -> Self {
        Self(OutputTarget::Inherit)
    }

    /// Nowhere.
    #[must_use]
    pub const fn null() -> Self {
        Self(OutputTarget::Null)
    }

    /// To a writer, one call at a time. All runtimes made from clones of this share it. It is
    /// flushed when the program flushes.
    #[must_use]
    pub fn writer(writer: impl Write + Send + 'static) -> Self {
        Self(OutputTarget::Writer(WriterSink::new(writer)))
    }

    /// Line by line to a function, with the name of the Python thread that wrote it. Several
    /// threads may call it at once; their lines never mix.
    ///
    /// Text after a thread's last newline is passed on when the thread flushes, when it ends, or
    /// when the runtime ends. Lines longer than 1 MiB are passed on in pieces. Bytes that are not
    /// UTF-8 are replaced.
    ///
    /// ```no_run
    /// use pyt_runtime::{Output, Runtime};
    ///
    /// let runtime = Runtime::builder()
    ///     .stdout(Output::lines(|line| println!("[{}] {}", line.thread, line.text)))
    ///     .build()?;
    /// runtime.exec("print('hello')")?; // [MainThread] hello
    /// # Ok::<(), pyt_runtime::Error>(())
    /// ```
    #[must_use]
    pub fn lines(each: impl Fn(Line<'_>) + Send + Sync + 'static) -> Self {
        Self::try_lines(move |line| {
            each(line);
            Ok(())
        })
    }

    /// As [`lines`](Self::lines), for a function that can fail: its error is raised in the program
    /// as `OSError`.
    #[must_use]
    pub fn try_lines(each: impl Fn(Line<'_>) -> io::Result<()> + Send + Sync + 'static) -> Self {
        Self(OutputTarget::Lines(Arc::new(each)))
    }

    pub(crate) const fn is_inherited(&self) -> bool {
        matches!(self.0, OutputTarget::Inherit)
    }
}

impl From<Capture> for Output {
    fn from(capture: Capture) -> Self {
        Self(OutputTarget::Capture(capture))
    }
}

impl From<&Capture> for Output {
    fn from(capture: &Capture) -> Self {
        capture.clone().into()
    }
}

impl fmt::Debug for Output {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            OutputTarget::Inherit => "Output::inherit",
            OutputTarget::Null => "Output::null",
            OutputTarget::Capture(_) => "Output::from(Capture)",
            OutputTarget::Writer(_) => "Output::writer",
            OutputTarget::Lines(_) => "Output::lines",
        })
    }
}

/// What a program reads from `sys.stdin`; see [`Builder::stdin`](crate::Builder::stdin).
///
/// As with [`Output`], `sys.stdin` is Python's own text stream, decodes UTF-8, and has no file
/// descriptor.
#[derive(Clone, Default)]
pub struct Input(InputSource);

impl Input {
    /// The process's standard input. This is the default.
    #[must_use]
    pub const fn inherit() -> Self {
        Self(InputSource::Inherit)
    }

    /// Empty input.
    #[must_use]
    pub const fn empty() -> Self {
        Self(InputSource::Empty)
    }

    /// A text, from its beginning for each runtime.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self(InputSource::Text(text.into().into_bytes().into()))
    }

    /// A reader, which is called detached from the interpreter: while it blocks, other threads run
    /// Python. All runtimes made from clones of this share it. A read that blocks cannot be
    /// interrupted.
    #[must_use]
    pub fn reader(reader: impl Read + Send + 'static) -> Self {
        Self(InputSource::reader(reader))
    }

    pub(crate) const fn is_inherited(&self) -> bool {
        matches!(self.0, InputSource::Inherit)
    }
}

impl From<&str> for Input {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Input {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            InputSource::Inherit => "Input::inherit",
            InputSource::Empty => "Input::empty",
            InputSource::Text(_) => "Input::text",
            InputSource::Reader(_) => "Input::reader",
        })
    }
}

impl Input {
    /// The whole input, if it is a text that is known.
    #[cfg(all(feature = "sandbox", target_os = "linux"))]
    pub(crate) fn known_text(&self) -> Option<String> {
        match &self.0 {
            InputSource::Inherit | InputSource::Empty => Some(String::new()),
            InputSource::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            InputSource::Reader(_) => None,
        }
    }
}

/// The three streams, as the builder was configured.
#[derive(Clone, Debug, Default)]
pub(crate) struct StandardStreams {
    pub(crate) stdin: Input,
    pub(crate) stdout: Output,
    pub(crate) stderr: Output,
}

/// The sinks of one runtime.
#[derive(Default)]
pub(crate) struct OpenStreams(Vec<Arc<dyn Sink>>);

impl OpenStreams {
    /// Passes on incomplete lines. Call it after the interpreter has ended.
    pub(crate) fn finish(&self) {
        for sink in &self.0 {
            sink.finish();
        }
    }
}

impl StandardStreams {
    /// For a program without access to files: the process's output streams are written by Rust's,
    /// and its input is empty.
    pub(crate) fn without_files(self) -> Self {
        Self {
            stdin: match self.stdin.is_inherited() {
                true => Input::empty(),
                false => self.stdin,
            },
            ..self
        }
    }

    /// Puts the streams into `sys`: `all`, or only those that are not inherited.
    pub(crate) fn install(&self, all: bool, vm: &VirtualMachine) -> PyResult<OpenStreams> {
        let mut open = OpenStreams::default();
        if all || !self.stdin.is_inherited() {
            object::install_input(self.stdin.0.open(), vm)?;
        }
        for (name, output) in [
            (StreamName::Stdout, &self.stdout),
            (StreamName::Stderr, &self.stderr),
        ] {
            if !all && output.is_inherited() {
                continue;
            }
            let sink: Arc<dyn Sink> = match &output.0 {
                OutputTarget::Inherit => Arc::new(ProcessSink::of(name)),
                OutputTarget::Null => Arc::new(NullSink),
                OutputTarget::Capture(capture) => Arc::new(capture.clone()),
                OutputTarget::Writer(writer) => Arc::new(writer.clone()),
                OutputTarget::Lines(each) => Arc::new(LineSink::new(each.clone())),
            };
            object::install_output(name, sink.clone(), vm)?;
            open.0.push(sink);
        }
        Ok(open)
    }
}
