//! The module `time`: clocks and sleep on the scheduler's clock, the calendar from upstream.

mod calendar;
mod clocks;

pub(crate) use time::module_def;

/// Clocks, sleep, and dates.
#[rustpython_vm::pymodule]
mod time {
    use std::time::Duration;

    use pyt_sched::{Deadline, Thread};
    use pyt_vm::{abort::OrRaise, cpu_clock, state};
    use rustpython_vm::{
        AsObject, Py, PyObject, PyObjectRef, PyRef, PyResult, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyInt, PyModule, PyNamespace, PyStr},
        convert::IntoPyException,
        function::FuncArgs,
        host_env::time::{self as os, ClockId},
        py_namespace,
    };

    use crate::{
        args::{
            arguments,
            seconds::{self, Round},
        },
        modules::time::{calendar, clocks},
    };

    /// As CPython turns its nanoseconds into a float.
    #[expect(clippy::cast_precision_loss, reason = "a float has no more")]
    fn as_seconds(time: Duration) -> f64 {
        if time.subsec_nanos() == 0 {
            time.as_secs() as f64
        } else {
            time.as_nanos() as f64 / 1e9
        }
    }

    /// Lets seconds pass, while other threads run.
    #[pyfunction]
    fn sleep(args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
        let seconds = arguments::one("time.sleep", args, vm)?;
        vm.audit("time.sleep", || (seconds.clone(),))?;
        let nanos = seconds::nanos(&seconds, Round::Away, vm)?;
        let nanos = u64::try_from(nanos)
            .map_err(|_| vm.new_value_error("sleep length must be non-negative"))?;
        if nanos == 0 {
            if let Some(me) = Thread::current() {
                me.scheduler().yield_now(&me);
            } else {
                vm.allow_threads(std::thread::yield_now);
            }
            return vm.check_signals();
        }
        pyt_sched::sleep(Deadline::after(Duration::from_nanos(nanos))).or_raise(vm)
    }

    /// Seconds on a clock that never goes back.
    #[pyfunction]
    fn monotonic() -> f64 {
        as_seconds(clocks::monotonic())
    }

    /// Nanoseconds on a clock that never goes back.
    #[pyfunction]
    fn monotonic_ns() -> u128 {
        clocks::monotonic().as_nanos()
    }

    /// Seconds on the clock with the highest resolution.
    #[pyfunction]
    fn perf_counter() -> f64 {
        as_seconds(clocks::monotonic())
    }

    /// Nanoseconds on the clock with the highest resolution.
    #[pyfunction]
    fn perf_counter_ns() -> u128 {
        clocks::monotonic().as_nanos()
    }

    /// Seconds since the beginning of 1970, UTC.
    #[pyfunction]
    fn time() -> f64 {
        as_seconds(clocks::wall())
    }

    /// Nanoseconds since the beginning of 1970, UTC.
    #[pyfunction]
    fn time_ns() -> u128 {
        clocks::wall().as_nanos()
    }

    fn cpu(clock: ClockId, vm: &VirtualMachine) -> PyResult<Duration> {
        clocks::by_id(clock).map_err(|error| error.into_pyexception(vm))
    }

    /// Seconds of processor time that the process has used.
    #[pyfunction]
    fn process_time(vm: &VirtualMachine) -> PyResult<f64> {
        cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID, vm).map(as_seconds)
    }

    /// Nanoseconds of processor time that the process has used.
    #[pyfunction]
    fn process_time_ns(vm: &VirtualMachine) -> PyResult<u128> {
        cpu(ClockId::CLOCK_PROCESS_CPUTIME_ID, vm).map(|time| time.as_nanos())
    }

    /// Seconds of processor time that the thread has used.
    #[pyfunction]
    fn thread_time(vm: &VirtualMachine) -> PyResult<f64> {
        cpu(ClockId::CLOCK_THREAD_CPUTIME_ID, vm).map(as_seconds)
    }

    /// Nanoseconds of processor time that the thread has used.
    #[pyfunction]
    fn thread_time_ns(vm: &VirtualMachine) -> PyResult<u128> {
        cpu(ClockId::CLOCK_THREAD_CPUTIME_ID, vm).map(|time| time.as_nanos())
    }

    /// What is known of the clock behind the function of that name.
    #[pyfunction]
    fn get_clock_info(name: PyObjectRef, vm: &VirtualMachine) -> PyResult<PyRef<PyNamespace>> {
        let Some(name) = name.downcast_ref::<PyStr>() else {
            return Err(vm.new_type_error(format!(
                "get_clock_info() argument 1 must be str, not {}",
                name.class().name()
            )));
        };
        let info = name
            .to_str()
            .and_then(clocks::info)
            .ok_or_else(|| vm.new_value_error("unknown clock"))?;
        let resolution = resolution(info.id, vm)?;
        Ok(py_namespace!(vm, {
            "implementation" => vm.ctx.new_str(info.implementation),
            "monotonic" => vm.ctx.new_bool(info.monotonic),
            "adjustable" => vm.ctx.new_bool(info.adjustable),
            "resolution" => vm.ctx.new_float(resolution),
        }))
    }

    fn clock_id(number: &PyObject, vm: &VirtualMachine) -> PyResult<ClockId> {
        number
            .downcast_ref::<PyInt>()
            .and_then(|int| i32::try_from(int.as_bigint()).ok())
            .map(ClockId::from_raw)
            .ok_or_else(|| {
                vm.new_type_error(format!(
                    "clk_id should be integer, not {}",
                    number.class().name()
                ))
            })
    }

    fn resolution(clock: ClockId, vm: &VirtualMachine) -> PyResult<f64> {
        os::clock_getres(clock)
            .map(as_seconds)
            .map_err(|error| error.into_pyexception(vm))
    }

    /// Seconds on the clock of that number.
    #[pyfunction]
    fn clock_gettime(args: FuncArgs, vm: &VirtualMachine) -> PyResult<f64> {
        let clock = clock_id(&*arguments::one("time.clock_gettime", args, vm)?, vm)?;
        clocks::by_id(clock)
            .map(as_seconds)
            .map_err(|error| error.into_pyexception(vm))
    }

    /// Nanoseconds on the clock of that number.
    #[pyfunction]
    fn clock_gettime_ns(args: FuncArgs, vm: &VirtualMachine) -> PyResult<u128> {
        let clock = clock_id(&*arguments::one("time.clock_gettime_ns", args, vm)?, vm)?;
        clocks::by_id(clock)
            .map(|time| time.as_nanos())
            .map_err(|error| error.into_pyexception(vm))
    }

    /// The resolution, in seconds, of the clock of that number.
    #[pyfunction]
    fn clock_getres(args: FuncArgs, vm: &VirtualMachine) -> PyResult<f64> {
        let clock = clock_id(&*arguments::one("time.clock_getres", args, vm)?, vm)?;
        resolution(clock, vm)
    }

    /// Sets the clock of that number to seconds.
    #[pyfunction]
    fn clock_settime(clk_id: PyObjectRef, time: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let clock = clock_id(&clk_id, vm)?;
        set(clock, seconds::nanos(&time, Round::Down, vm)?, vm)
    }

    /// Sets the clock of that number to nanoseconds.
    #[pyfunction]
    fn clock_settime_ns(
        clk_id: PyObjectRef,
        time: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let clock = clock_id(&clk_id, vm)?;
        let Some(time) = time.downcast_ref::<PyInt>() else {
            return Err(vm.new_type_error(format!("expect int, got {}", time.class().name())));
        };
        let nanos = i64::try_from(time.as_bigint())
            .map_err(|_| vm.new_overflow_error("Python int too large to convert to C long long"))?;
        set(clock, nanos, vm)
    }

    fn set(clock: ClockId, nanos: i64, vm: &VirtualMachine) -> PyResult<()> {
        let time = u64::try_from(nanos).map_err(|_| invalid(vm))?;
        os::clock_settime(clock, Duration::from_nanos(time))
            .map_err(|error| error.into_pyexception(vm))
    }

    fn invalid(vm: &VirtualMachine) -> PyBaseExceptionRef {
        std::io::Error::from_raw_os_error(22).into_pyexception(vm)
    }

    /// The number of the clock that counts a thread's processor time.
    #[pyfunction]
    fn pthread_getcpuclockid(thread_id: PyObjectRef, vm: &VirtualMachine) -> PyResult<i32> {
        let Some(ident) = thread_id.downcast_ref::<PyInt>() else {
            return Err(vm.new_type_error(format!(
                "pthread_getcpuclockid() argument 1 must be int, not {}",
                thread_id.class().name()
            )));
        };
        u64::try_from(ident.as_bigint())
            .map_err(|_| cpu_clock::no_such_thread())
            .and_then(|ident| state::of(vm).cpu_clock(ident))
            .map_err(|error| error.into_pyexception(vm))
    }

    /// The time tuple of a number of seconds since 1970, by default now, in local time.
    #[pyfunction]
    fn localtime(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        calendar::of_seconds("localtime", args, vm)
    }

    /// The time tuple of a number of seconds since 1970, by default now, in UTC.
    #[pyfunction]
    fn gmtime(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        calendar::of_seconds("gmtime", args, vm)
    }

    /// A text for a number of seconds since 1970, by default now, in local time.
    #[pyfunction]
    fn ctime(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        calendar::of_seconds("ctime", args, vm)
    }

    /// A text for a time tuple, by default that of the local time now.
    #[pyfunction]
    fn asctime(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        calendar::of_tuple("asctime", 0, args, vm)
    }

    /// A text in a format of choice for a time tuple, by default that of the local time now.
    #[pyfunction]
    fn strftime(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        calendar::strftime(args, vm)
    }

    /// Looks at the environment variable TZ again.
    #[pyfunction]
    fn tzset(vm: &VirtualMachine) -> PyResult<()> {
        calendar::tzset(vm)
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        clocks::begin();
        calendar::complete(module, vm)
    }
}
