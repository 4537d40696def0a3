//! The numbers in the default names of threads.

use std::sync::atomic::{AtomicU64, Ordering};

use pyt_sched::controlled::{self, Source};
use rustpython_vm::{PyResult, VirtualMachine};

static NEXT: AtomicU64 = AtomicU64::new(1);

/// Has default names count from 1 again.
pub(crate) fn number_from_one() {
    NEXT.store(1, Ordering::Relaxed);
}

/// What `threading._counter` returns, unless the program has replaced it.
pub(super) fn count() -> u64 {
    controlled::draw(Source::ThreadNumbers);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// What `threading._counter` says is the number in the next default name.
pub(super) fn next_number(vm: &VirtualMachine) -> PyResult<String> {
    let modules = vm.sys_module.get_attr("modules", vm)?;
    let module = modules.get_item("threading", vm)?;
    let number = module.get_attr("_counter", vm)?.call((), vm)?;
    Ok(number.str(vm)?.to_string_lossy().into_owned())
}
