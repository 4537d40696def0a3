//! Standard output and error, captured in memory up to a limit.
//!
//! The objects in `sys.stdout` and `sys.stderr` are native and do not detach while they write, so a
//! thread cannot be halted in the middle of a write with a lock that the next block needs.

use std::sync::Arc;

use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyResult, VirtualMachine,
    builtins::{PyStr, PyStrRef},
    class::PyClassImpl,
    function::ArgBytesLike,
    pyclass,
};

/// The text of both streams, in the order in which it is written.
#[derive(Debug)]
pub(super) struct BlockOutput {
    max_lines: usize,
    captured: Mutex<CapturedText>,
}

#[derive(Debug, Default)]
struct CapturedText {
    text: String,
    lines: usize,
    cut_lines: usize,
    /// Whether the last line that was cut has not ended yet.
    is_cutting: bool,
}

/// The most bytes of one block's output that are kept, however long its lines are.
const MAX_BYTES: usize = 1 << 20;

impl BlockOutput {
    pub(super) fn new(max_lines: usize) -> Arc<Self> {
        Arc::new(Self {
            max_lines,
            captured: Mutex::default(),
        })
    }

    fn write(&self, text: &str) {
        let mut state = self.captured.lock();
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
        let state = std::mem::take(&mut *self.captured.lock());
        (state.text, state.cut_lines + usize::from(state.is_cutting))
    }
}

/// A text stream that writes into a [`BlockOutput`].
#[pyclass(module = "pyt", name = "CapturedOutput")]
#[derive(Debug, PyPayload)]
pub(super) struct BlockStream {
    output: Arc<BlockOutput>,
    name: &'static str,
    fd: i32,
}

impl BlockStream {
    pub(super) fn create(
        vm: &VirtualMachine,
        output: Arc<BlockOutput>,
        name: &'static str,
        fd: i32,
    ) -> PyObjectRef {
        // The class lives in a static cell of its own.
        let _class = Self::make_static_type();
        Self { output, name, fd }.into_ref(&vm.ctx).into()
    }
}

#[pyclass]
impl BlockStream {
    #[pymethod]
    fn write(zelf: &Py<Self>, text: PyStrRef) -> usize {
        zelf.output.write(&text.to_string_lossy());
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
            zelf.output.write(&line.to_string_lossy());
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

    /// The process's own stream: what child processes write there is not captured.
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
        let output = zelf.output.clone();
        CapturedBytes { output }.into_ref(&vm.ctx).into()
    }
}

/// `sys.stdout.buffer` while output is captured: it accepts bytes.
#[pyclass(module = "pyt", name = "CapturedBytes")]
#[derive(Debug, PyPayload)]
struct CapturedBytes {
    output: Arc<BlockOutput>,
}

#[pyclass]
impl CapturedBytes {
    #[pymethod]
    fn write(zelf: &Py<Self>, bytes: ArgBytesLike) -> usize {
        bytes.with_ref(|bytes| {
            zelf.output.write(&String::from_utf8_lossy(bytes));
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
        let output = BlockOutput::new(2);
        output.write("a\nb");
        output.write("\nc\nd");
        assert_eq!(output.take(), ("a\nb\n".to_owned(), 2));
        output.write("fresh");
        assert_eq!(output.take(), ("fresh".to_owned(), 0));
    }

    #[test]
    fn a_line_of_many_pieces_is_cut_once() {
        let output = BlockOutput::new(0);
        for _ in 0..5 {
            output.write("x");
        }
        output.write("\n");
        assert_eq!(output.take(), (String::new(), 1));
    }

    #[test]
    fn bytes_are_bounded_too() {
        let output = BlockOutput::new(usize::MAX);
        let long = "y".repeat(MAX_BYTES / 2 + 1);
        output.write(&format!("{long}\n{long}\n"));
        let (text, cut) = output.take();
        assert_eq!((text.len(), cut), (long.len() + 1, 1));
    }
}
