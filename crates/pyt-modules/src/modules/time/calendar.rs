//! The functions of `time` for dates: upstream's, with the time of the scheduler's clock.

use std::io;

use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyFloat, PyModule, PyStr},
    convert::IntoPyException,
    function::FuncArgs,
    host_env::time::tz,
};

use super::clocks;
use crate::upstream;

/// Gives `module` everything that upstream's has and it has not.
pub(super) fn complete(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    upstream::complete(vm, "time", module)?;
    set_zone(module, vm)
}

fn now(vm: &VirtualMachine) -> PyObjectRef {
    vm.ctx.new_int(clocks::wall().as_secs()).into()
}

/// A function of seconds, which are by default those of the clock: `localtime`, for one.
pub(super) fn of_seconds(name: &str, mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if clocks::is_virtual() && args.args.iter().all(|arg| vm.is_none(arg)) && args.args.len() < 2 {
        args.args = vec![now(vm)];
    }
    if let Some(seconds) = args.args.first() {
        check_seconds(seconds, vm)?;
    }
    upstream::call("time", name, args, vm).map_err(|raised| {
        // Upstream says the same of what is no `time_t` and of what is none that has a date.
        if raised.fast_isinstance(vm.ctx.exceptions.overflow_error) {
            io::Error::from_raw_os_error(EOVERFLOW).into_pyexception(vm)
        } else {
            raised
        }
    })
}

/// POSIX's "value too large for defined data type", as Linux numbers it.
const EOVERFLOW: i32 = 75;

/// Refuses a number of seconds that no `time_t` holds. None stands for now.
fn check_seconds(seconds: &PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
    let fits = if vm.is_none(seconds) {
        true
    } else if let Some(seconds) = seconds.downcast_ref::<PyFloat>() {
        let seconds = seconds.to_f64();
        if seconds.is_nan() {
            return Err(vm.new_value_error("Invalid value NaN (not a number)"));
        }
        // The bounds as floats: the upper one is the first that is too much.
        (i64::MIN as f64..i64::MAX as f64).contains(&seconds)
    } else {
        let seconds = seconds.try_index(vm)?;
        seconds.try_to_primitive::<i64>(vm).is_ok()
    };
    if fits {
        Ok(())
    } else {
        Err(vm.new_overflow_error("timestamp out of range for platform time_t"))
    }
}

/// A function of a time tuple, which is by default that of the local time now: `asctime`, for
/// one. `before` arguments come before it.
pub(super) fn of_tuple(
    name: &str,
    before: usize,
    mut args: FuncArgs,
    vm: &VirtualMachine,
) -> PyResult {
    if clocks::is_virtual() && args.args.len() == before {
        let now = FuncArgs::from(vec![now(vm)]);
        args.args
            .push(upstream::call("time", "localtime", now, vm)?);
    }
    upstream::call("time", name, args, vm)
}

/// `strftime`, which is given a format first. Upstream forgets the zone of a `struct_time`.
pub(super) fn strftime(mut args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    if let [format, time] = &mut args.args[..]
        && &*time.class().name() == "struct_time"
        && let Some(text) = format
            .downcast_ref::<PyStr>()
            .and_then(|text| text.to_str())
        && ["%z", "%Z"].iter().any(|field| text.contains(field))
    {
        let zone = time.get_attr("tm_zone", vm)?;
        let zone = zone.downcast_ref::<PyStr>().and_then(|zone| zone.to_str());
        let offset = time.get_attr("tm_gmtoff", vm)?;
        let offset = offset.try_to_value::<i64>(vm).ok();
        let text = with_zone(text, zone, offset);
        *format = vm.ctx.new_str(text).into();
    }
    of_tuple("strftime", 1, args, vm)
}

/// A format of `strftime` with what is known of the zone in the place of its fields.
fn with_zone(format: &str, zone: Option<&str>, offset: Option<i64>) -> String {
    let mut text = String::with_capacity(format.len());
    let mut rest = format;
    while let Some(percent) = rest.find('%') {
        text.push_str(&rest[..percent]);
        let field = &rest[percent + 1..];
        let length = field.chars().next().map_or(0, char::len_utf8);
        let (kind, after) = field.split_at(length);
        match (kind, zone, offset) {
            ("Z", Some(zone), _) => text.push_str(&zone.replace('%', "%%")),
            ("z", _, Some(offset)) => {
                let sign = if offset < 0 { '-' } else { '+' };
                let minutes = offset.unsigned_abs() / 60;
                text.push_str(&format!("{sign}{:02}{:02}", minutes / 60, minutes % 60));
            }
            _ => {
                text.push('%');
                text.push_str(kind);
            }
        }
        rest = after;
    }
    text + rest
}

/// Sets what the module says of the time zone from the C library.
fn set_zone(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    tz::tzset();
    let (standard, daylight) = tz::tzname_strings();
    let names = [standard, daylight].map(|name| vm.ctx.new_str(name).into());
    let module = module.as_object();
    module.set_attr("timezone", vm.ctx.new_int(tz::timezone()), vm)?;
    module.set_attr("altzone", vm.ctx.new_int(tz::altzone()), vm)?;
    module.set_attr("daylight", vm.ctx.new_int(tz::daylight()), vm)?;
    module.set_attr("tzname", vm.ctx.new_tuple(names.to_vec()), vm)
}

/// Looks at the environment variable `TZ` again.
pub(super) fn tzset(vm: &VirtualMachine) -> PyResult<()> {
    let module = vm.import("time", 0)?;
    match module.downcast_ref::<PyModule>() {
        Some(module) => set_zone(module, vm),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::with_zone;

    #[test]
    fn fields_of_the_zone_are_filled_in() {
        let eastern = |format| with_zone(format, Some("EDT"), Some(-14_400));
        assert_eq!(eastern("%H:%M %Z %z%%z"), "%H:%M EDT -0400%%z");
        assert_eq!(with_zone("%z %Z %", None, Some(20_700)), "+0545 %Z %");
        assert_eq!(with_zone("%z", None, None), "%z");
    }
}
