//! The arguments of a connection's methods.

use std::ffi::{CString, c_int};

use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::PyUtf8StrRef,
    function::{ArgBytesLike, ArgIntoBool, ArgIntoFloat, OptionalArg},
};

use super::super::values::c_text;

#[derive(rustpython_vm::FromArgs)]
pub(super) struct FunctionArgs {
    #[pyarg(any)]
    pub(super) name: PyUtf8StrRef,
    #[pyarg(any)]
    pub(super) narg: c_int,
    #[pyarg(any)]
    pub(super) func: PyObjectRef,
    #[pyarg(named, default = ArgIntoBool::FALSE)]
    pub(super) deterministic: ArgIntoBool,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct AggregateArgs {
    #[pyarg(any)]
    pub(super) name: PyUtf8StrRef,
    #[pyarg(any)]
    pub(super) n_arg: c_int,
    #[pyarg(any)]
    pub(super) aggregate_class: PyObjectRef,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct WindowArgs {
    #[pyarg(positional)]
    pub(super) name: PyUtf8StrRef,
    #[pyarg(positional)]
    pub(super) num_params: c_int,
    #[pyarg(positional)]
    pub(super) aggregate_class: PyObjectRef,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct BackupOptions {
    #[pyarg(named, default = -1)]
    pub(super) pages: c_int,
    #[pyarg(named, optional)]
    pub(super) progress: OptionalArg<PyObjectRef>,
    #[pyarg(named, optional)]
    pub(super) name: OptionalArg<PyUtf8StrRef>,
    #[pyarg(named, optional)]
    pub(super) sleep: OptionalArg<ArgIntoFloat>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct NameArgs {
    #[pyarg(named, optional)]
    pub(super) name: OptionalArg<PyUtf8StrRef>,
}

impl NameArgs {
    pub(super) fn get(&self, vm: &VirtualMachine) -> PyResult<CString> {
        named(&self.name, vm)
    }
}

/// The name of a database of a connection, by default that of the main one.
pub(super) fn named(name: &OptionalArg<PyUtf8StrRef>, vm: &VirtualMachine) -> PyResult<CString> {
    match name {
        OptionalArg::Present(name) => c_text(name.as_str(), vm),
        OptionalArg::Missing => Ok(c"main".to_owned()),
    }
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct DeserializeArgs {
    #[pyarg(positional)]
    pub(super) data: ArgBytesLike,
    #[pyarg(named, optional)]
    pub(super) name: OptionalArg<PyUtf8StrRef>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct BlobArgs {
    #[pyarg(positional)]
    pub(super) table: PyUtf8StrRef,
    #[pyarg(positional)]
    pub(super) column: PyUtf8StrRef,
    #[pyarg(positional)]
    pub(super) row: i64,
    #[pyarg(named, default = ArgIntoBool::FALSE)]
    pub(super) readonly: ArgIntoBool,
    #[pyarg(named, optional)]
    pub(super) name: OptionalArg<PyUtf8StrRef>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct LoadArgs {
    #[pyarg(positional)]
    pub(super) name: PyUtf8StrRef,
    #[pyarg(named, optional)]
    pub(super) entrypoint: OptionalArg<Option<PyUtf8StrRef>>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct CursorArgs {
    #[pyarg(any, optional)]
    pub(super) factory: OptionalArg<PyObjectRef>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct DumpArgs {
    #[pyarg(named, optional)]
    pub(super) filter: OptionalArg<PyObjectRef>,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct AuthorizerArgs {
    #[pyarg(any)]
    pub(super) authorizer_callback: PyObjectRef,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct TraceArgs {
    #[pyarg(any)]
    pub(super) trace_callback: PyObjectRef,
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct ProgressArgs {
    #[pyarg(any)]
    pub(super) progress_handler: PyObjectRef,
    #[pyarg(any)]
    pub(super) n: c_int,
}

/// A number of seconds that the program may have given.
pub(super) fn seconds(given: OptionalArg<ArgIntoFloat>, by_default: f64) -> f64 {
    given.into_option().map_or(by_default, f64::from)
}
