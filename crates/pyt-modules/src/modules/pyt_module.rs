//! The module `_pyt`: decision points and stretches without one, for the package `pyt`; and what
//! `_pyt_run_state` has to know of the run under way.

pub(crate) use _pyt::module_def;

#[rustpython_vm::pymodule]
mod _pyt {
    use std::time::Duration;

    use pyt_sched::{
        Deadline, Thread, Wake,
        controlled::{self, Action, Op, PickKind, point as decision_point},
    };
    use pyt_vm::{
        abort::OrRaise,
        event_loops::{AwaitingTask, CoroutineFrame},
        state,
        threads::StartWatch,
        uncaught::UncaughtExceptions,
    };
    use rustpython_vm::{
        PyObjectRef, PyResult, TryFromObject, VirtualMachine,
        builtins::{PyBaseExceptionRef, PyStrRef},
        function::ArgIntoFloat,
    };

    use crate::modules::{runs, search_path};

    /// Lets another thread go on, if the strategy of the run under way says so.
    #[pyfunction]
    fn point(vm: &VirtualMachine) -> PyResult<()> {
        decision_point(Op::alone(Action::Step))
            .map(drop)
            .or_raise(vm)
    }

    /// The program ends its process. In a run, what ends the calling thread is raised; outside of
    /// one, nothing is done.
    #[pyfunction]
    fn end_process(status: i32, vm: &VirtualMachine) -> PyResult<()> {
        // Others may go on first.
        decision_point(Op::alone(Action::Step)).or_raise(vm)?;
        runs::end_process(status, vm)
    }

    /// What can be read and written, as `selectors` has it.
    #[cfg(unix)]
    const EVENT_READ: i32 = 1;
    #[cfg(unix)]
    const EVENT_WRITE: i32 = 2;

    /// In a run, waits until one of these files is ready, each a number with what is wanted of it,
    /// or for so many seconds. What makes one ready must be a step of the run. Returns whether one
    /// is ready; `None`, at once, outside of a run.
    #[cfg(unix)]
    #[pyfunction]
    fn wait_until_ready(
        files: Vec<PyObjectRef>,
        timeout: Option<ArgIntoFloat>,
        vm: &VirtualMachine,
    ) -> PyResult<Option<bool>> {
        let file = |file: PyObjectRef| -> PyResult<(i32, i16)> {
            let [number, events] = fields(file, vm)?;
            let events: i32 = events.try_into_value(vm)?;
            let mut wanted = 0;
            if events & EVENT_READ != 0 {
                wanted |= libc::POLLIN;
            }
            if events & EVENT_WRITE != 0 {
                wanted |= libc::POLLOUT;
            }
            Ok((number.try_into_value(vm)?, wanted))
        };
        let files: Vec<_> = files.into_iter().map(file).collect::<PyResult<_>>()?;
        let deadline = timeout.map(f64::from).and_then(from_now);
        let ended = pyt_sched::wait_for_io(deadline, || is_any_ready(&files)).or_raise(vm)?;
        Ok(ended.map(|wake| wake == Wake::Woken))
    }

    /// So many seconds from now; `None` if that is beyond all times.
    fn from_now(seconds: f64) -> Option<Deadline> {
        let duration = Duration::try_from_secs_f64(seconds.max(0.0)).ok()?;
        Thread::with_clock(|clock| clock.after(duration))
    }

    /// The answer of the run's strategy to a question of this kind with so many answers; 0 outside
    /// of a run.
    #[pyfunction]
    fn ask(kind: PyStrRef, answers: u32, vm: &VirtualMachine) -> PyResult<u32> {
        let kind = PickKind::named(&kind.to_string_lossy())
            .ok_or_else(|| vm.new_value_error("no such kind of question"))?;
        Ok(controlled::ask(kind, answers))
    }

    /// For how many seconds deadlines may be ahead that pass while there is something to do.
    #[pyfunction]
    fn slack() -> f64 {
        controlled::slack().as_secs_f64()
    }

    /// The calling thread has looked at what other processes can change.
    #[pyfunction]
    fn looked_outside() {
        controlled::looked_outside();
    }

    /// In a run, lets so many seconds pass.
    #[pyfunction]
    fn advance_clock(seconds: f64) {
        if let Some(deadline) = from_now(seconds) {
            controlled::advance_clock(deadline);
        }
    }

    /// Whether no other thread of the run is alive.
    #[pyfunction]
    fn is_alone() -> bool {
        controlled::is_alone()
    }

    /// From here on the calling thread takes steps of this task.
    #[pyfunction]
    fn enter_task(name: PyStrRef, vm: &VirtualMachine) {
        runs::note_task(Some(text(&name)), vm);
    }

    /// The calling thread takes no more steps of a task.
    #[pyfunction]
    fn leave_task(vm: &VirtualMachine) {
        runs::note_task(None, vm);
    }

    /// Says in the report, before the next step, what happens.
    #[pyfunction]
    fn note(happens: PyStrRef, vm: &VirtualMachine) {
        runs::note_event(text(&happens), vm);
    }

    /// The event loop of the calling thread waits for ever; `is_parked`: it may be there for Ctrl-C
    /// to come. Its tasks: their names, what they await, and the coroutines that they are in,
    /// innermost first, each with its file, line, name, and whether it is the library's.
    #[pyfunction]
    fn note_awaiting(tasks: Vec<Task>, is_parked: bool, vm: &VirtualMachine) {
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
        runs::note_awaiting(tasks.collect(), is_parked, vm);
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
    fn is_any_ready(files: &[(i32, i16)]) -> bool {
        let polled = files.iter().map(|&(fd, events)| libc::pollfd {
            fd,
            events,
            revents: 0,
        });
        let mut polled: Vec<_> = polled.collect();
        let count = libc::nfds_t::try_from(polled.len()).unwrap_or(0);
        // SAFETY: so many entries, which outlive the call; with a timeout of zero it does not
        // block.
        let ready = unsafe { libc::poll(polled.as_mut_ptr(), count, 0) };
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

    /// From now on the function is called with the name of each thread that is about to start, and
    /// what it raises is raised there. With `None`, no function is.
    #[pyfunction]
    fn watch_thread_starts(function: Option<PyObjectRef>, vm: &VirtualMachine) {
        state::of(vm).slot::<StartWatch>().set(function);
    }

    /// Takes back one `enter_atomic`.
    #[pyfunction]
    fn leave_atomic() {
        if let Some(me) = Thread::current() {
            me.leave_atomic();
        }
    }
}
