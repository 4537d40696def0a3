//! Transactions: who opens and ends them, and by which statements.

use std::ffi::c_int;

use rustpython_vm::{
    AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyInt, PyStr},
};

/// The statements that open a transaction, by isolation level.
const LEVELS: [&str; 4] = ["", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"];

/// `sqlite3.LEGACY_TRANSACTION_CONTROL`.
pub(super) const LEGACY: c_int = -1;

/// Who opens and ends transactions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Autocommit {
    /// A transaction begins before statements that change rows.
    #[default]
    Legacy,
    /// The program, by statements.
    On,
    /// There is always a transaction.
    Off,
}

impl Autocommit {
    pub(super) fn of(value: &PyObject, vm: &VirtualMachine) -> PyResult<Self> {
        if value.is(&vm.ctx.true_value) {
            return Ok(Self::On);
        }
        if value.is(&vm.ctx.false_value) {
            return Ok(Self::Off);
        }
        let number = value.downcast_ref::<PyInt>();
        match number.and_then(|number| number.try_to_primitive::<c_int>(vm).ok()) {
            Some(LEGACY) => Ok(Self::Legacy),
            _ => Err(vm.new_value_error(
                "autocommit must be True, False, or sqlite3.LEGACY_TRANSACTION_CONTROL",
            )),
        }
    }
}

/// An isolation level, as it is kept.
pub(super) fn level_of(given: &PyObjectRef, vm: &VirtualMachine) -> PyResult<Option<&'static str>> {
    if vm.is_none(given) {
        return Ok(None);
    }
    let Some(given) = given.downcast_ref::<PyStr>() else {
        return Err(vm.new_type_error("isolation_level must be str or None"));
    };
    let given = given.to_string_lossy();
    let known = LEVELS
        .iter()
        .find(|level| level.eq_ignore_ascii_case(&given));
    let unknown = || {
        vm.new_value_error(
            "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'",
        )
    };
    known.copied().map(Some).ok_or_else(unknown)
}
