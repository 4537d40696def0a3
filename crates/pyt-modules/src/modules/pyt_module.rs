//! The module `_pyt`: decision points and stretches without one, for the package `pyt`; and what
//! `_pyt_run_state` has to know of the run under way.

pub(crate) use _pyt::module_def;

#[rustpython_vm::pymodule]
mod _pyt {
    use pyt_sched::{
        Thread,
        controlled::{Action, Op, point as decision_point},
    };
    use pyt_vm::{abort::OrRaise, state, uncaught::UncaughtExceptions};
    use rustpython_vm::{
        PyObjectRef, PyResult, TryFromObject, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyStrRef},
    };

    use crate::modules::{
        runs::{self, AwaitingTask, CoroutineFrame},
        search_path,
    };

    /// Lets another thread go on, if the strategy of the run under way says so.
    #[pyfunction]
    fn point(vm: &VirtualMachine) -> PyResult<()> {
        decision_point(Op::alone(Action::Step))
            .map(drop)
            .or_raise(vm)
    }

    /// In a run, waits until something can be read from the file descriptor, which must be the work
    /// of another thread of the run. Returns whether it waited: false outside of a run.
    #[cfg(unix)]
    #[pyfunction]
    fn wait_until_readable(fd: i32, vm: &VirtualMachine) -> PyResult<bool> {
        pyt_sched::wait_for_io(|| is_readable(fd)).or_raise(vm)
    }

    /// The event loop of the calling thread is about to wait for other threads. Its tasks: their
    /// names, what they await, and the coroutines that they are in, innermost first, each with its
    /// file, line, name, and whether it is the library's.
    #[pyfunction]
    fn note_awaiting(tasks: Vec<Task>, vm: &VirtualMachine) {
        let tasks = tasks
            .into_iter()
            .map(|Task(name, awaits, stack)| AwaitingTask {
                name: text(&name),
                awaits: text(&awaits),
                stack: stack
                    .into_iter()
                    .map(
                        |Coroutine(file, line, function, is_library)| CoroutineFrame {
                            file: text(&file),
                            line,
                            function: text(&function),
                            is_library,
                        },
                    )
                    .collect(),
            });
        runs::note_awaiting(tasks.collect(), vm);
    }

    fn text(text: &PyStrRef) -> String {
        text.to_string_lossy().into_owned()
    }

    struct Task(PyStrRef, PyStrRef, Vec<Coroutine>);

    impl TryFromObject for Task {
        fn try_from_object(vm: &VirtualMachine, object: PyObjectRef) -> PyResult<Self> {
            let [name, awaits, stack] = fields(object, vm)?;
            Ok(Self(
                name.try_into_value(vm)?,
                awaits.try_into_value(vm)?,
                stack.try_into_value(vm)?,
            ))
        }
    }

    struct Coroutine(PyStrRef, usize, PyStrRef, bool);

    impl TryFromObject for Coroutine {
        fn try_from_object(vm: &VirtualMachine, object: PyObjectRef) -> PyResult<Self> {
            let [file, line, function, is_library] = fields(object, vm)?;
            Ok(Self(
                file.try_into_value(vm)?,
                line.try_into_value(vm)?,
                function.try_into_value(vm)?,
                is_library.try_to_bool(vm)?,
            ))
        }
    }

    fn fields<const COUNT: usize>(
        object: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<[PyObjectRef; COUNT]> {
        let fields: Vec<PyObjectRef> = object.try_into_value(vm)?;
        fields
            .try_into()
            .map_err(|_| vm.new_type_error("not so many fields"))
    }

    #[cfg(unix)]
    fn is_readable(fd: i32) -> bool {
        let mut polled = libc::pollfd {
            fd,
            events: libc::POLLIN,
            revents: 0,
        };
        // SAFETY: one entry, which outlives the call; with a timeout of zero it does not block.
        let ready = unsafe { libc::poll(&raw mut polled, 1, 0) };
        // What cannot be polled is for the caller to find out.
        ready != 0
    }

    /// The process's mask of file modes, if the system shows it. `os.umask` would have to set it,
    /// which files that other threads create at that moment would show.
    #[pyfunction]
    fn file_mode_mask() -> Option<u32> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let mask = status
            .lines()
            .find_map(|line| line.strip_prefix("Umask:"))?;
        u32::from_str_radix(mask.trim(), 8).ok()
    }

    /// From here on no other thread of the run goes on unless this one waits. Nests.
    #[pyfunction]
    fn enter_atomic() {
        if let Some(me) = Thread::current() {
            me.enter_atomic();
        }
    }

    /// How many functions `atexit` has.
    #[pyfunction]
    fn exit_function_count(vm: &VirtualMachine) -> usize {
        runs::exit_function_count(vm)
    }

    /// The import of a module of the library has given `atexit` the newest `count` functions.
    #[pyfunction]
    fn keep_exit_functions(count: usize, vm: &VirtualMachine) {
        runs::keep_exit_functions(count, vm);
    }

    /// Whether the run of the calling thread was given up, or its program has ended.
    #[pyfunction]
    fn is_given_up() -> bool {
        runs::is_given_up()
    }

    /// Nothing has caught `raised`, which cannot be raised where it was: the run fails. False if it
    /// is what ends the threads of a run that was given up.
    #[pyfunction]
    fn note_unraisable(raised: PyBaseExceptionRef, vm: &VirtualMachine) -> bool {
        let name = || Thread::current().map_or_else(|| String::from("?"), |me| me.name());
        UncaughtExceptions::note_in(&state::of(vm), &raised, name, vm)
    }

    /// Whether the program has a module of its own in the place of the library's of this name.
    #[pyfunction]
    fn is_replaced(name: PyStrRef, vm: &VirtualMachine) -> PyResult<bool> {
        search_path::is_replaced(&name.to_string_lossy(), vm)
    }

    /// Takes back one `enter_atomic`.
    #[pyfunction]
    fn leave_atomic() {
        if let Some(me) = Thread::current() {
            me.leave_atomic();
        }
    }
}
