//! Compares the names of a module with those recorded: some thousand in every reset, so natively.
//! Knows nothing of the pool.

use rustpython_vm::{AsObject, builtins::PyDictRef};

use crate::{Python, Value};

/// The function `is_same(now, recorded)`: whether two dictionaries have the same objects as keys
/// and as values, in the same order. It calls no method of theirs.
pub(super) fn is_same(py: Python<'_>) -> Value {
    let function = py
        .vm()
        .new_function("is_same", |now: PyDictRef, recorded: PyDictRef| {
            let (now, recorded) = (now.items_vec(), recorded.items_vec());
            now.len() == recorded.len()
                && now
                    .iter()
                    .zip(&recorded)
                    .all(|(one, other)| one.0.is(&other.0) && one.1.is(&other.1))
        });
    Value::from_object(py, function)
}
