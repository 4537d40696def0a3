//! Functions of the program's that SQLite calls.
//!
//! SQLite calls them on the thread that uses the database, which has left the interpreter for that:
//! they enter it again. A connection keeps what they refer to.

use std::{
    ffi::{CStr, c_char, c_int, c_uint, c_void},
    panic::{AssertUnwindSafe, catch_unwind},
    ptr::{NonNull, null_mut},
};

use libsqlite3_sys as ffi;
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyInt},
    vm::thread,
};

use super::{adapting, values};

/// What SQLite is given with a function: the callable. It must not move while SQLite has it.
#[derive(Debug)]
pub(super) struct Callback {
    pub(super) callable: PyObjectRef,
}

impl Callback {
    pub(super) fn data(&self) -> *mut c_void {
        std::ptr::from_ref(self).cast_mut().cast()
    }
}

/// Calls `f` in the interpreter. `None` after a panic, which must not reach SQLite.
fn enter<R>(f: impl FnOnce(&VirtualMachine) -> R) -> Option<R> {
    let enter = || thread::with_current_vm(|vm| vm.attach_for_callback(|| f(vm)));
    catch_unwind(AssertUnwindSafe(enter)).ok()
}

/// The callable behind what SQLite passes.
///
/// # Safety
/// `data` is what [`Callback::data`] gave, of a callback that its connection still keeps.
unsafe fn callable(data: *mut c_void) -> PyObjectRef {
    // SAFETY: the caller says so. A copy: the call may replace the callback.
    unsafe { &*data.cast::<Callback>() }.callable.clone()
}

/// Shows an exception that no caller gets, if the program wants that.
fn show(error: PyBaseExceptionRef, callable: &PyObject, vm: &VirtualMachine) {
    let shows = adapting::with(vm, |registries| registries.shows_tracebacks);
    if shows.unwrap_or(false) {
        let callable = callable.repr(vm);
        let callable = callable
            .as_ref()
            .map_or("?".into(), |text| text.to_string_lossy());
        let message = format!("Exception ignored on sqlite3 callback {callable}");
        vm.run_unraisable(error, Some(message), vm.ctx.none());
    }
}

/// # Safety
/// `context` is one that SQLite has passed to the function.
unsafe fn fail(
    context: *mut ffi::sqlite3_context,
    error: PyBaseExceptionRef,
    message: &str,
    callable: &PyObject,
    vm: &VirtualMachine,
) {
    let exceptions = &vm.ctx.exceptions;
    // SAFETY: the caller says so; SQLite copies the text.
    unsafe {
        if error.fast_isinstance(exceptions.memory_error) {
            ffi::sqlite3_result_error_nomem(context);
        } else if error.fast_isinstance(exceptions.overflow_error) {
            ffi::sqlite3_result_error_toobig(context);
        } else {
            let length = c_int::try_from(message.len()).unwrap_or(c_int::MAX);
            ffi::sqlite3_result_error(context, message.as_ptr().cast(), length);
        }
    }
    show(error, callable, vm);
}

/// # Safety
/// SQLite has passed both to a function.
unsafe fn arguments(
    count: c_int,
    values: *mut *mut ffi::sqlite3_value,
    vm: &VirtualMachine,
) -> PyResult<Vec<PyObjectRef>> {
    let count = usize::try_from(count).unwrap_or(0);
    // SAFETY: the caller says so.
    let value = |index| unsafe { values::argument(*values.add(index), vm) };
    (0..count).map(value).collect()
}

/// A function for each row.
pub(super) unsafe extern "C" fn function(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    args: *mut *mut ffi::sqlite3_value,
) {
    enter(|vm| {
        // SAFETY: here and below SQLite passes what it was given, and its own.
        unsafe {
            let callable = callable(ffi::sqlite3_user_data(context));
            let result = arguments(count, args, vm)
                .and_then(|args| callable.call(args, vm))
                .and_then(|value| values::give(context, &value, vm));
            if let Err(error) = result {
                let message = "user-defined function raised exception";
                fail(context, error, message, &callable, vm);
            }
        }
    });
}

/// Where the instance of an aggregate is kept for one group of rows.
///
/// # Safety
/// `context` is one that SQLite has passed to a function of an aggregate.
unsafe fn instance_slot(context: *mut ffi::sqlite3_context) -> Option<&'static mut *mut PyObject> {
    let size = c_int::try_from(size_of::<*mut PyObject>()).unwrap_or_default();
    // SAFETY: SQLite keeps that much memory for the group, zeroed at first.
    unsafe {
        ffi::sqlite3_aggregate_context(context, size)
            .cast::<*mut PyObject>()
            .as_mut()
    }
}

/// Calls a method of an aggregate's instance, and says what went wrong in SQLite's words.
///
/// # Safety
/// As [`instance_slot`].
unsafe fn method(
    context: *mut ffi::sqlite3_context,
    instance: &PyObject,
    name: &'static str,
    args: PyResult<Vec<PyObjectRef>>,
    vm: &VirtualMachine,
) -> Option<PyObjectRef> {
    let found = match vm.get_attribute_opt(instance, name) {
        Ok(Some(method)) => Ok(method),
        Ok(None) => Err((
            vm.new_attribute_error(format!("the aggregate has no method {name}")),
            "not defined",
        )),
        Err(error) => Err((error, "raised error")),
    };
    let result = found.and_then(|method| {
        let called = args.and_then(|args| method.call(args, vm));
        called.map_err(|error| (error, "raised error"))
    });
    match result {
        Ok(value) => Some(value),
        Err((error, what)) => {
            let message = format!("user-defined aggregate's '{name}' method {what}");
            // SAFETY: the caller says so.
            unsafe { fail(context, error, &message, instance, vm) };
            None
        }
    }
}

/// A row for an aggregate.
pub(super) unsafe extern "C" fn step(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    args: *mut *mut ffi::sqlite3_value,
) {
    enter(|vm| {
        // SAFETY: here and below SQLite passes what it was given, and its own.
        unsafe {
            let class = callable(ffi::sqlite3_user_data(context));
            let Some(slot) = instance_slot(context) else {
                return ffi::sqlite3_result_error_nomem(context);
            };
            if slot.is_null() {
                match class.call((), vm) {
                    Ok(instance) => *slot = instance.into_raw().as_ptr(),
                    Err(error) => {
                        let message = "user-defined aggregate's '__init__' method raised error";
                        return fail(context, error, message, &class, vm);
                    }
                }
            }
            let instance = (**slot).to_owned();
            method(context, &instance, "step", arguments(count, args, vm), vm);
        }
    });
}

/// A row that leaves the window of an aggregate.
pub(super) unsafe extern "C" fn inverse(
    context: *mut ffi::sqlite3_context,
    count: c_int,
    args: *mut *mut ffi::sqlite3_value,
) {
    enter(|vm| {
        // SAFETY: as in `step`.
        unsafe {
            let slot = instance_slot(context);
            if let Some(instance) = slot.and_then(|slot| slot.as_ref()) {
                let instance = instance.to_owned();
                method(
                    context,
                    &instance,
                    "inverse",
                    arguments(count, args, vm),
                    vm,
                );
            }
        }
    });
}

/// The value of a window of an aggregate.
pub(super) unsafe extern "C" fn value(context: *mut ffi::sqlite3_context) {
    enter(|vm| {
        // SAFETY: as in `step`.
        unsafe {
            let slot = instance_slot(context);
            if let Some(instance) = slot.and_then(|slot| slot.as_ref()) {
                // The call keeps the instance alive, whatever becomes of the slot.
                let instance = instance.to_owned();
                result(context, &instance, "value", vm);
            }
        }
    });
}

/// The end of a group of an aggregate: its value, if it had a row.
pub(super) unsafe extern "C" fn finalize(context: *mut ffi::sqlite3_context) {
    enter(|vm| {
        // SAFETY: as in `step`.
        unsafe {
            let slot = instance_slot(context);
            let taken = slot.and_then(|slot| NonNull::new(std::mem::replace(slot, null_mut())));
            if let Some(instance) = taken {
                let instance = PyObjectRef::from_raw(instance);
                result(context, &instance, "finalize", vm);
            }
        }
    });
}

/// # Safety
/// As [`instance_slot`].
unsafe fn result(
    context: *mut ffi::sqlite3_context,
    instance: &PyObject,
    name: &'static str,
    vm: &VirtualMachine,
) {
    // SAFETY: the caller says so.
    unsafe {
        if let Some(value) = method(context, instance, name, Ok(vec![]), vm)
            && let Err(error) = values::give(context, &value, vm)
        {
            let message = format!("user-defined aggregate's '{name}' method raised error");
            fail(context, error, &message, instance, vm);
        }
    }
}

/// Compares two texts.
pub(super) unsafe extern "C" fn collate(
    data: *mut c_void,
    first_length: c_int,
    first: *const c_void,
    second_length: c_int,
    second: *const c_void,
) -> c_int {
    enter(|vm| {
        // SAFETY: SQLite passes what it was given, and texts of these lengths.
        let (callable, first, second) = unsafe {
            (
                callable(data),
                values::copied(first.cast(), first_length),
                values::copied(second.cast(), second_length),
            )
        };
        let text = |bytes: Vec<u8>| vm.ctx.new_str(String::from_utf8_lossy(&bytes).into_owned());
        let compared = callable
            .call((text(first), text(second)), vm)
            .and_then(|order| order.try_index(vm));
        match compared {
            Ok(order) => {
                let zero = num_order(&order);
                zero as c_int
            }
            Err(error) => {
                show(error, &callable, vm);
                0
            }
        }
    })
    .unwrap_or(0)
}

fn num_order(value: &Py<PyInt>) -> std::cmp::Ordering {
    value.as_bigint().cmp(&0.into())
}

fn text_or_none(text: *const c_char, vm: &VirtualMachine) -> PyObjectRef {
    if text.is_null() {
        return vm.ctx.none();
    }
    // SAFETY: SQLite passes texts that end with a null.
    let text = unsafe { CStr::from_ptr(text) };
    vm.ctx.new_str(text.to_string_lossy().into_owned()).into()
}

/// Whether a statement that is being compiled may do something.
pub(super) unsafe extern "C" fn authorize(
    data: *mut c_void,
    action: c_int,
    first: *const c_char,
    second: *const c_char,
    database: *const c_char,
    source: *const c_char,
) -> c_int {
    enter(|vm| {
        // SAFETY: SQLite passes what it was given.
        let callable = unsafe { callable(data) };
        let args: Vec<PyObjectRef> = vec![
            vm.ctx.new_int(action).into(),
            text_or_none(first, vm),
            text_or_none(second, vm),
            text_or_none(database, vm),
            text_or_none(source, vm),
        ];
        let answer = callable.call(args, vm).and_then(|answer| {
            let answer = answer.downcast_ref::<PyInt>();
            answer.map_or(Ok(ffi::SQLITE_DENY), |answer| answer.try_to_primitive(vm))
        });
        answer.unwrap_or_else(|error| {
            show(error, &callable, vm);
            ffi::SQLITE_DENY
        })
    })
    .unwrap_or(ffi::SQLITE_DENY)
}

/// A statement that begins to run.
pub(super) unsafe extern "C" fn trace(
    _event: c_uint,
    data: *mut c_void,
    statement: *mut c_void,
    sql: *mut c_void,
) -> c_int {
    enter(|vm| {
        // SAFETY: SQLite passes what it was given.
        let callable = unsafe { callable(data) };
        // SAFETY: as above. The text is ours to free; it is null if it were too long.
        let expanded = unsafe { ffi::sqlite3_expanded_sql(statement.cast()) };
        let text = if expanded.is_null() {
            text_or_none(sql.cast_const().cast(), vm)
        } else {
            text_or_none(expanded, vm)
        };
        // SAFETY: as above; freeing null does nothing.
        unsafe { ffi::sqlite3_free(expanded.cast()) };
        if let Err(error) = callable.call((text,), vm) {
            show(error, &callable, vm);
        }
    });
    0
}

/// Some steps of a statement that runs: whether to end it.
pub(super) unsafe extern "C" fn progress(data: *mut c_void) -> c_int {
    enter(|vm| {
        // SAFETY: SQLite passes what it was given.
        let callable = unsafe { callable(data) };
        let ends = callable.call((), vm).and_then(|ends| ends.is_true(vm));
        ends.map_or_else(
            |error| {
                show(error, &callable, vm);
                1
            },
            c_int::from,
        )
    })
    .unwrap_or(1)
}
