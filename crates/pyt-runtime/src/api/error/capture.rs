//! Errors made of exceptions: text, traceback, frames and causes.

use std::sync::{Arc, OnceLock};

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseException, PyBaseExceptionRef, PyStr},
    function::{FuncArgs, KwArgs},
};

use super::{Details, Error, ErrorData, ErrorKind, Frame, exit_status, raise};
use crate::{Python, Value, api::host_code::is_within_host_function};

/// How many causes are followed at most. A chain may be of any length, or a circle.
const MAX_CAUSES: usize = 32;

impl Error {
    /// An error that describes `exception`, without the exception itself. Runs Python code
    /// (`__str__`, `traceback`).
    #[must_use]
    pub fn from_exception(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> Self {
        let mut inner = describe(vm, exception);
        inner.details = OnceLock::from(details(vm, exception, None));
        Self(Arc::new(inner))
    }

    /// The same, with the exception itself.
    pub(crate) fn caught(py: Python<'_>, exception: &PyBaseExceptionRef) -> Self {
        let mut inner = describe(py.vm(), exception);
        inner.exception = Some(Value::from_object(py, exception.clone()));
        if !is_within_host_function() {
            inner.details = OnceLock::from(details(py.vm(), exception, Some(py)));
        }
        Self(Arc::new(inner))
    }
}

/// The parts that are expensive to find out. `None` if the exception's runtime has ended.
pub(super) fn details_of(exception: &Value) -> Option<Details> {
    let found = exception.inside(|object, py| {
        let exception = object.to_owned().downcast::<PyBaseException>();
        Ok(exception
            .map(|exception| details(py.vm(), &exception, Some(py)))
            .ok())
    });
    found.ok()?
}

fn details(vm: &VirtualMachine, exception: &PyBaseExceptionRef, py: Option<Python<'_>>) -> Details {
    // The chain, from what was raised last to what caused it all, each with its formatter.
    let mut chain = vec![(exception.clone(), formatter(vm, exception).ok())];
    while chain.len() < MAX_CAUSES
        && let Some((last, formatter)) = chain.last()
        && let Some((cause, name)) = cause_of(vm, last)
    {
        let is_known = chain.iter().any(|(known, _)| known.is(&cause));
        let formatter = formatter
            .as_ref()
            .and_then(|formatter| formatter.get_attr(name, vm).ok());
        if is_known {
            break;
        }
        chain.push((cause, formatter.filter(|formatter| !vm.is_none(formatter))));
    }
    let mut cause = None;
    for (exception, formatter) in chain.drain(1..).rev() {
        let mut inner = describe(vm, &exception);
        inner.details = OnceLock::from(details_from(
            vm,
            &exception,
            formatter.as_deref(),
            cause.take(),
        ));
        inner.exception = py.map(|py| Value::from_object(py, exception));
        cause = Some(Error(Arc::new(inner)));
    }
    let formatter = chain.pop().and_then(|(_, formatter)| formatter);
    details_from(vm, exception, formatter.as_deref(), cause)
}

fn details_from(
    vm: &VirtualMachine,
    exception: &PyBaseExceptionRef,
    formatter: Option<&PyObject>,
    cause: Option<Error>,
) -> Details {
    Details {
        traceback: formatter
            .and_then(|formatter| text_of(vm, formatter).ok())
            .unwrap_or_else(|| plain_text(vm, exception)),
        frames: formatter
            .and_then(|formatter| frames_of(vm, formatter).ok())
            .unwrap_or_else(|| plain_frames(exception)),
        cause,
    }
}

/// The cause of `exception`, or else its context; and the name of the attribute.
fn cause_of(
    vm: &VirtualMachine,
    exception: &PyBaseExceptionRef,
) -> Option<(PyBaseExceptionRef, &'static str)> {
    if let Some(cause) = exception.__cause__() {
        return Some((cause, "__cause__"));
    }
    let is_suppressed = exception.as_object().get_attr("__suppress_context__", vm);
    if is_suppressed
        .and_then(|flag| flag.is_true(vm))
        .unwrap_or(true)
    {
        return None;
    }
    Some((exception.__context__()?, "__context__"))
}

/// A `traceback.TracebackException`, which formats as CPython does.
fn formatter(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> PyResult {
    let class = vm
        .import("traceback", 0)?
        .get_attr("TracebackException", vm)?;
    let keywords = [("compact".to_owned(), vm.ctx.new_bool(true).into())];
    let keywords = keywords.into_iter().collect::<KwArgs>();
    let traceback = exception
        .__traceback__()
        .map_or_else(|| vm.ctx.none(), PyObjectRef::from);
    let args = vec![
        exception.class().to_owned().into(),
        exception.clone().into(),
        traceback,
    ];
    class.call(FuncArgs::new(args, keywords), vm)
}

fn describe(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> ErrorData {
    let types = &vm.ctx.exceptions;
    let origin = raise::origin(vm, exception);
    let own_kind = origin.as_ref().map(Error::kind);
    let kind = if let Some(kind) = own_kind.filter(|kind| *kind != ErrorKind::Exception) {
        kind
    } else if exception.fast_isinstance(types.system_exit) {
        ErrorKind::Exit(exit_status(vm, exception).0)
    } else if exception.fast_isinstance(types.keyboard_interrupt) {
        ErrorKind::Interrupted
    } else if exception.fast_isinstance(types.syntax_error) {
        ErrorKind::Syntax
    } else {
        ErrorKind::Exception
    };
    let type_name = exception.class().name().to_string();
    let message = exception.as_object().str(vm).map_or_else(
        |_| "<exception str() failed>".to_owned(),
        |text| text.to_string_lossy().into_owned(),
    );
    let mut inner = ErrorData::new(kind, &type_name, &message);
    inner.host = origin.and_then(|origin| origin.0.host.clone());
    inner
}

fn text_of(vm: &VirtualMachine, formatter: &PyObject) -> PyResult<String> {
    let lines = vm.call_method(formatter, "format", ())?;
    let text = vm.call_method(vm.ctx.new_str("").as_object(), "join", (lines,))?;
    Ok(text.str(vm)?.to_string_lossy().into_owned())
}

fn frames_of(vm: &VirtualMachine, formatter: &PyObject) -> PyResult<Vec<Frame>> {
    let text = |object: PyObjectRef| {
        let text = object.downcast_ref::<PyStr>()?;
        Some(text.to_string_lossy().into_owned())
    };
    let stack: Vec<PyObjectRef> = formatter.get_attr("stack", vm)?.try_to_value(vm)?;
    let frames = stack.into_iter().map(|frame| {
        let line: Option<u32> = frame.get_attr("lineno", vm)?.try_into_value(vm)?;
        Ok(Frame {
            file: text(frame.get_attr("filename", vm)?).unwrap_or_default(),
            line,
            function: text(frame.get_attr("name", vm)?).unwrap_or_default(),
            source_line: text(frame.get_attr("line", vm)?).filter(|line| !line.is_empty()),
        })
    });
    frames.collect()
}

/// The interpreter's own plainer traceback, for when `traceback` cannot be imported.
fn plain_text(vm: &VirtualMachine, exception: &PyBaseExceptionRef) -> String {
    let mut plain = String::new();
    match vm.write_exception(&mut plain, exception) {
        Ok(()) => plain,
        Err(_) => format!("{}\n", exception.class().name()),
    }
}

fn plain_frames(exception: &PyBaseExceptionRef) -> Vec<Frame> {
    let Some(traceback) = exception.__traceback__() else {
        return Vec::new();
    };
    let entries = traceback.iter().map(|entry| {
        let code = entry.frame.iframe().code();
        Frame {
            file: code.source_path().as_str().to_owned(),
            line: u32::try_from(entry.lineno.get()).ok(),
            function: code.obj_name.as_str().to_owned(),
            source_line: None,
        }
    });
    entries.collect()
}
