//! Standard output and error, caught in memory that cannot grow without bound.
//!
//! The objects put into `sys.stdout` and `sys.stderr` are native and never leave the VM while
//! they write, so a thread that is stopped for good cannot stop in the middle of a write and
//! keep a lock that the next block needs.

use std::sync::Arc;

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyStr, PyStrRef},
    class::PyClassImpl,
    function::ArgBytesLike,
    pyclass,
};

/// Where the text of both streams goes, in the order in which it is written.
#[derive(Debug)]
pub(super) struct Sink {
    max_lines: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    text: String,
    lines: usize,
    cut_lines: usize,
    /// Whether the last line cut has not ended yet.
    is_cutting: bool,
}

/// The most that one block's output may take, however long its lines are.
const MAX_BYTES: usize = 1 << 20;

impl Sink {
    pub(super) fn new(max_lines: usize) -> Arc<Self> {
        Arc::new(Self {
            max_lines,
            state: Mutex::default(),
        })
    }

    fn write(&self, text: &str) {
        let mut state = self.state.lock();
        for piece in text.split_inclusive('\n') {
            let ends = piece.ends_with('\n');
            if state.lines < self.max_lines && state.text.len() + piece.len() <= MAX_BYTES {
                state.text.push_str(piece);
                state.lines += usize::from(ends);
            } else {
                state.cut_lines += usize::from(ends);
                state.is_cutting = !ends;
            }
        }
    }

    /// The text since the last call, and how many lines of it were cut.
    pub(super) fn take(&self) -> (String, usize) {
        let state = std::mem::take(&mut *self.state.lock());
        (state.text, state.cut_lines + usize::from(state.is_cutting))
    }
}

/// A text stream that writes into a [`Sink`].
#[pyclass(module = "pyt", name = "CapturedOutput")]
#[derive(Debug, PyPayload)]
pub(super) struct CapturedOutput {
    sink: Arc<Sink>,
    name: &'static str,
    fd: i32,
}

impl CapturedOutput {
    pub(super) fn create(
        vm: &VirtualMachine,
        sink: Arc<Sink>,
        name: &'static str,
        fd: i32,
    ) -> PyObjectRef {
        // Kept in the class's own static cell for good.
        let _class = Self::make_static_type();
        Self { sink, name, fd }.into_ref(&vm.ctx).into()
    }
}

#[pyclass]
impl CapturedOutput {
    #[pymethod]
    fn write(zelf: &Py<Self>, text: PyStrRef) -> usize {
        zelf.sink.write(&text.to_string_lossy());
        text.char_len()
    }

    #[pymethod]
    fn writelines(zelf: &Py<Self>, lines: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let lines: Vec<PyObjectRef> = lines.try_to_value(vm)?;
        for line in lines {
            let Some(line) = line.downcast_ref::<PyStr>() else {
                let class = line.class().name().to_string();
                let message = format!("write() argument must be str, not {class}");
                return Err(vm.new_type_error(message));
            };
            zelf.sink.write(&line.to_string_lossy());
        }
        Ok(())
    }

    #[pymethod]
    fn flush(_zelf: &Py<Self>) {}

    #[pymethod]
    fn reconfigure(_zelf: &Py<Self>, _args: rustpython_vm::function::FuncArgs) {}

    #[pymethod]
    fn isatty(_zelf: &Py<Self>) -> bool {
        false
    }

    #[pymethod]
    fn writable(_zelf: &Py<Self>) -> bool {
        true
    }

    #[pymethod]
    fn readable(_zelf: &Py<Self>) -> bool {
        false
    }

    #[pymethod]
    fn seekable(_zelf: &Py<Self>) -> bool {
        false
    }

    /// The process's own stream: what child processes write there is not caught.
    #[pymethod]
    fn fileno(zelf: &Py<Self>) -> i32 {
        zelf.fd
    }

    #[pygetset]
    fn name(zelf: &Py<Self>) -> &'static str {
        zelf.name
    }

    #[pygetset]
    fn mode(_zelf: &Py<Self>) -> &'static str {
        "w"
    }

    #[pygetset]
    fn encoding(_zelf: &Py<Self>) -> &'static str {
        "utf-8"
    }

    #[pygetset]
    fn errors(_zelf: &Py<Self>) -> &'static str {
        "backslashreplace"
    }

    #[pygetset]
    fn closed(_zelf: &Py<Self>) -> bool {
        false
    }

    #[pygetset]
    fn line_buffering(_zelf: &Py<Self>) -> bool {
        true
    }

    #[pygetset]
    fn buffer(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let _class = CapturedBytes::make_static_type();
        let sink = zelf.sink.clone();
        CapturedBytes { sink }.into_ref(&vm.ctx).into()
    }
}

/// What `sys.stdout.buffer` is while output is caught: takes bytes.
#[pyclass(module = "pyt", name = "CapturedBytes")]
#[derive(Debug, PyPayload)]
struct CapturedBytes {
    sink: Arc<Sink>,
}

#[pyclass]
impl CapturedBytes {
    #[pymethod]
    fn write(zelf: &Py<Self>, bytes: ArgBytesLike) -> usize {
        bytes.with_ref(|bytes| {
            zelf.sink.write(&String::from_utf8_lossy(bytes));
            bytes.len()
        })
    }

    #[pymethod]
    fn flush(_zelf: &Py<Self>) {}

    #[pymethod]
    fn writable(_zelf: &Py<Self>) -> bool {
        true
    }

    #[pygetset]
    fn closed(_zelf: &Py<Self>) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_beyond_the_limit_are_counted_not_kept() {
        let sink = Sink::new(2);
        sink.write("a\nb");
        sink.write("\nc\nd");
        assert_eq!(sink.take(), ("a\nb\n".to_owned(), 2));
        sink.write("fresh");
        assert_eq!(sink.take(), ("fresh".to_owned(), 0));
    }

    #[test]
    fn a_line_of_many_pieces_is_cut_once() {
        let sink = Sink::new(0);
        for _ in 0..5 {
            sink.write("x");
        }
        sink.write("\n");
        assert_eq!(sink.take(), (String::new(), 1));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let sink = Sink::new(usize::MAX);
        let long = "y".repeat(MAX_BYTES / 2 + 1);
        sink.write(&format!("{long}\n{long}\n"));
        let (text, cut) = sink.take();
        assert_eq!((text.len(), cut), (long.len() + 1, 1));
    }
}
