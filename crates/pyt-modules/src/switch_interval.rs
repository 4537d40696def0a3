//! `sys.setswitchinterval` and `sys.getswitchinterval` on the simulated GIL.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use rustpython_vm::{AsObject, PyResult, VirtualMachine};

/// Puts functions into `sys` that read and set `interval`, in nanoseconds.
pub(crate) fn install(interval: Arc<AtomicU64>, vm: &VirtualMachine) -> PyResult<()> {
    let sys = vm.sys_module.as_object();
    let read = interval.clone();
    let get = vm.new_function("getswitchinterval", move || {
        Duration::from_nanos(read.load(Ordering::Relaxed)).as_secs_f64()
    });
    let set = vm.new_function(
        "setswitchinterval",
        move |seconds: f64, vm: &VirtualMachine| -> PyResult<()> {
            if seconds.is_nan() || seconds <= 0.0 {
                return Err(vm.new_value_error("switch interval must be strictly positive"));
            }
            let wanted = Duration::try_from_secs_f64(seconds)
                .ok()
                .and_then(|wanted| u64::try_from(wanted.as_nanos()).ok())
                .unwrap_or(u64::MAX);
            interval.store(wanted, Ordering::Relaxed);
            Ok(())
        },
    );
    sys.set_attr("getswitchinterval", get, vm)?;
    sys.set_attr("setswitchinterval", set, vm)
}
