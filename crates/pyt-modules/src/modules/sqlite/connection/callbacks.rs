//! What the program has SQLite call: functions, aggregates, collations, and what watches
//! statements.
//!
//! How SQLite calls them is not known here (`callback.rs`).

use std::ffi::{CString, c_int, c_void};

use libsqlite3_sys as ffi;
use rustpython_vm::{PyObjectRef, PyResult, VirtualMachine, builtins::PyUtf8StrRef};

use super::{
    super::{
        callback::{self, Callback},
        database::Database,
        errors, values,
    },
    arguments::{AggregateArgs, FunctionArgs, ProgressArgs, WindowArgs},
};

/// What SQLite calls a callback for. A new one for the same replaces it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Role {
    Function(CString, c_int),
    Collation(CString),
    Authorizer,
    Trace,
    Progress,
}

/// The callback for a callable; `None` for `None`.
fn callback_of(callable: PyObjectRef, vm: &VirtualMachine) -> Option<Box<Callback>> {
    (!vm.is_none(&callable)).then(|| Box::new(Callback { callable }))
}

/// A callback that SQLite has, or has no more, and its role.
pub(super) type Given = (Role, Option<Box<Callback>>);

/// What SQLite gives to the callback when it calls it.
fn data_of(callback: Option<&Callback>) -> *mut c_void {
    callback.map_or(std::ptr::null_mut(), Callback::data)
}

/// How many arguments a function may have.
fn check_count(
    database: &Database,
    count: c_int,
    parameter: &str,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let limit = database.limit(ffi::SQLITE_LIMIT_FUNCTION_ARG, -1);
    if (-1..=limit).contains(&count) {
        return Ok(());
    }
    let message = format!("'{parameter}' must be between -1 and {limit}, not {count}");
    Err(errors::programming(message, vm))
}

pub(super) fn create_function(
    database: &Database,
    args: FunctionArgs,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    check_count(database, args.narg, "narg", vm)?;
    let name = values::c_text(args.name.as_str(), vm)?;
    let mut flags = ffi::SQLITE_UTF8;
    if args.deterministic.into() {
        flags |= ffi::SQLITE_DETERMINISTIC;
    }
    let callback = callback_of(args.func, vm);
    let data = data_of(callback.as_deref());
    // SAFETY: the connection keeps the callback until it is replaced or the database closed.
    let code = unsafe {
        ffi::sqlite3_create_function_v2(
            database.raw(),
            name.as_ptr(),
            args.narg,
            flags,
            data,
            callback.as_ref().map(|_| callback::function as _),
            None,
            None,
            None,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(errors::operational("Error creating function", vm));
    }
    Ok((Role::Function(name, args.narg), callback))
}

pub(super) fn create_aggregate(
    database: &Database,
    args: AggregateArgs,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    check_count(database, args.n_arg, "n_arg", vm)?;
    let name = values::c_text(args.name.as_str(), vm)?;
    let callback = callback_of(args.aggregate_class, vm);
    let data = data_of(callback.as_deref());
    // SAFETY: as in `create_function`.
    let code = unsafe {
        ffi::sqlite3_create_function_v2(
            database.raw(),
            name.as_ptr(),
            args.n_arg,
            ffi::SQLITE_UTF8,
            data,
            None,
            callback.as_ref().map(|_| callback::step as _),
            callback.as_ref().map(|_| callback::finalize as _),
            None,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(errors::operational("Error creating aggregate", vm));
    }
    Ok((Role::Function(name, args.n_arg), callback))
}

pub(super) fn create_window_function(
    database: &Database,
    args: WindowArgs,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    check_count(database, args.num_params, "num_params", vm)?;
    let name = values::c_text(args.name.as_str(), vm)?;
    let callback = callback_of(args.aggregate_class, vm);
    let data = data_of(callback.as_deref());
    // SAFETY: as in `create_function`.
    let code = unsafe {
        ffi::sqlite3_create_window_function(
            database.raw(),
            name.as_ptr(),
            args.num_params,
            ffi::SQLITE_UTF8,
            data,
            callback.as_ref().map(|_| callback::step as _),
            callback.as_ref().map(|_| callback::finalize as _),
            callback.as_ref().map(|_| callback::value as _),
            callback.as_ref().map(|_| callback::inverse as _),
            None,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(errors::last(database, vm));
    }
    Ok((Role::Function(name, args.num_params), callback))
}

pub(super) fn create_collation(
    database: &Database,
    name: PyUtf8StrRef,
    callable: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    let name = values::c_text(name.as_str(), vm)?;
    if !vm.is_none(&callable) && !callable.is_callable() {
        return Err(vm.new_type_error("parameter must be callable"));
    }
    let callback = callback_of(callable, vm);
    let data = data_of(callback.as_deref());
    // SAFETY: as in `create_function`.
    let code = unsafe {
        ffi::sqlite3_create_collation_v2(
            database.raw(),
            name.as_ptr(),
            ffi::SQLITE_UTF8,
            data,
            callback.as_ref().map(|_| callback::collate as _),
            None,
        )
    };
    if code != ffi::SQLITE_OK {
        return Err(errors::last(database, vm));
    }
    Ok((Role::Collation(name), callback))
}

pub(super) fn set_authorizer(
    database: &Database,
    callable: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    let callback = callback_of(callable, vm);
    let data = data_of(callback.as_deref());
    let function = callback.as_ref().map(|_| callback::authorize as _);
    // SAFETY: as in `create_function`.
    let code = unsafe { ffi::sqlite3_set_authorizer(database.raw(), function, data) };
    if code != ffi::SQLITE_OK {
        return Err(errors::operational("Error setting authorizer callback", vm));
    }
    Ok((Role::Authorizer, callback))
}

pub(super) fn set_trace_callback(
    database: &Database,
    callable: PyObjectRef,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    let callback = callback_of(callable, vm);
    let data = data_of(callback.as_deref());
    let function = callback.as_ref().map(|_| callback::trace as _);
    // SAFETY: as in `create_function`.
    unsafe { ffi::sqlite3_trace_v2(database.raw(), ffi::SQLITE_TRACE_STMT, function, data) };
    Ok((Role::Trace, callback))
}

pub(super) fn set_progress_handler(
    database: &Database,
    args: ProgressArgs,
    vm: &VirtualMachine,
) -> PyResult<Given> {
    let callback = callback_of(args.progress_handler, vm);
    let data = data_of(callback.as_deref());
    let function = callback.as_ref().map(|_| callback::progress as _);
    // SAFETY: as in `create_function`.
    unsafe { ffi::sqlite3_progress_handler(database.raw(), args.n, function, data) };
    Ok((Role::Progress, callback))
}
