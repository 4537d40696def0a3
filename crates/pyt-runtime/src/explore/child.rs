//! Work in a child process, which is forked from this one: what the work changes in the interpreter
//! and in the process ends with the child.
//!
//! What the work is, is not known here.

use std::{
    io::{PipeReader, PipeWriter, Read, Write},
    process::ExitStatus,
};

use rustpython_vm::{PyResult, VirtualMachine};
use serde::{Serialize, de::DeserializeOwned};

use crate::api::error::Error;

/// The status of a child whose work panicked.
const PANICKED: i32 = 101;

/// How a child ended that did not finish its work.
#[derive(Clone, Copy, Debug)]
pub(super) struct EndedEarly {
    /// The exit status; 128 and the signal's number, if a signal ended it.
    pub(super) status: i32,
}

/// Does `work` with `input` in a child process. Returns `input`, as it was when the child began,
/// and the result. Blocks until the child has ended. To be called on the main thread, while no
/// other runs Python.
///
/// # Errors
/// The operating system's; what `work` raises, as a `SystemError` with its text.
pub(super) fn in_child<I, T: Serialize + DeserializeOwned>(
    input: I,
    work: impl FnOnce(I) -> PyResult<T>,
    vm: &VirtualMachine,
) -> PyResult<(I, Result<T, EndedEarly>)> {
    let failed = |error: std::io::Error| vm.new_os_error(error.to_string());
    let (reader, writer) = std::io::pipe().map_err(failed)?;
    let fork = vm.import("os", 0)?.get_attr("fork", vm)?;
    // A collection that is nearly due would come in every child, and copy the pages of all objects.
    let collects = vm.state.gc.is_enabled();
    vm.state.gc.disable();
    let forked = fork.call((), vm);
    let child: i32 = forked
        .and_then(|child| child.try_into_value(vm))
        .inspect_err(|_| {
            if collects {
                vm.state.gc.enable();
            }
        })?;
    if child != 0 && collects {
        vm.state.gc.enable();
    }
    if child == 0 {
        drop(reader);
        be_child(|| work(input), writer, vm);
    }
    drop(writer);
    let answer = answer_of::<T>(reader);
    let mut status = 0;
    // SAFETY: the process is a child of this one, which nothing else waits for.
    while unsafe { libc::waitpid(child, &raw mut status, 0) } == -1 {
        let error = std::io::Error::last_os_error();
        if error.kind() != std::io::ErrorKind::Interrupted {
            return Err(failed(error));
        }
    }
    match answer {
        Some(Ok(done)) => Ok((input, Ok(done))),
        Some(Err(text)) => Err(vm.new_system_error(text)),
        None => {
            use std::os::unix::process::ExitStatusExt;
            let status = ExitStatus::from_raw(status);
            let by_signal = || 128 + status.signal().unwrap_or(0);
            let status = status.code().unwrap_or_else(by_signal);
            Ok((input, Err(EndedEarly { status })))
        }
    }
}

/// What the child has written: nothing whole, if it ended early. A process that it has left behind
/// may keep the pipe open, so the end of the stream is not waited for.
fn answer_of<T: DeserializeOwned>(mut reader: PipeReader) -> Option<Result<T, String>> {
    let mut length = [0; 8];
    reader.read_exact(&mut length).ok()?;
    let mut text = vec![0; usize::try_from(u64::from_le_bytes(length)).ok()?];
    reader.read_exact(&mut text).ok()?;
    serde_json::from_slice(&text).ok()
}

/// Does the work, writes its result, and ends the process.
fn be_child<T: Serialize>(
    work: impl FnOnce() -> PyResult<T>,
    mut writer: PipeWriter,
    vm: &VirtualMachine,
) -> ! {
    /// Ends the process, also where a panic would leave this function.
    struct End(i32);
    impl Drop for End {
        fn drop(&mut self) {
            // SAFETY: ending the process touches no memory.
            unsafe { libc::_exit(self.0) }
        }
    }
    let mut end = End(PANICKED);
    let done = work().map_err(|raised| Error::from_exception(vm, &raised).to_string());
    let text = serde_json::to_vec(&done).unwrap_or_default();
    let mut message = (text.len() as u64).to_le_bytes().to_vec();
    message.extend(text);
    if writer.write_all(&message).is_ok() {
        end.0 = 0;
    }
    drop(end);
    unreachable!("the process has ended")
}
