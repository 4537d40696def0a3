//! `Timer`, and the threads that were not started here: the main thread and dummies.

use rustpython_vm::{AsObject, PyObjectRef, PyPayload, PyResult, VirtualMachine};

use super::{registry, thread::PyThread};
use special::{DummyThread, MainThread};

/// The main thread's object, listed as alive.
pub(super) fn make_main(ident: u64, vm: &VirtualMachine) -> PyResult {
    let main = MainThread::class(&vm.ctx).as_object().call((), vm)?;
    settle(&main, ident, vm)?;
    Ok(main)
}

/// An object for the calling thread, which something else started, listed as alive.
pub(super) fn make_dummy(vm: &VirtualMachine) -> PyResult {
    let dummy = DummyThread::class(&vm.ctx).as_object().call((), vm)?;
    settle(&dummy, rustpython_vm::stdlib::_thread::get_ident(), vm)?;
    registry::set_current(&dummy, vm);
    Ok(dummy)
}

fn settle(thread: &PyObjectRef, ident: u64, vm: &VirtualMachine) -> PyResult<()> {
    if let Some(thread) = thread.downcast_ref::<PyThread>() {
        thread.adopt(ident);
    }
    registry::add(thread, ident, vm)
}

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod special {
    use rustpython_vm::{
        AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        function::{FuncArgs, KwArgs, OptionalArg},
        pyclass,
        types::Initializer,
    };

    use crate::{
        args::arguments::{self, Signature},
        modules::threading::{
            default_names::next_number,
            registry,
            run_frames::{self, Run},
            thread::{PrivateAttributes, PyThread},
        },
    };

    /// Calls `Thread.__init__` with these keyword arguments.
    fn init_thread(
        thread: &PyObject,
        named: Vec<(String, PyObjectRef)>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let args = FuncArgs::new(vec![], named.into_iter().collect::<KwArgs>());
        <PyThread as Initializer>::slot_init(thread, args, vm)
    }

    const TIMER: Signature<4> = Signature::python(
        "Timer.__init__",
        ["interval", "function", "args", "kwargs"],
        2,
    );

    /// Call a function after a specified number of seconds.
    #[pyattr]
    #[pyclass(module = "threading", name = "Timer", base = PyThread)]
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct Timer(PyThread);

    impl Initializer for Timer {
        type Args = FuncArgs;

        fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            let [interval, function, positional, named] = TIMER.bind(args, vm)?;
            let zelf = zelf.as_object();
            init_thread(zelf, vec![], vm)?;
            let positional =
                arguments::given(positional, vm).unwrap_or_else(|| vm.ctx.new_list(vec![]).into());
            let named = arguments::given(named, vm).unwrap_or_else(|| vm.ctx.new_dict().into());
            zelf.set_attr("interval", interval.unwrap_or_else(|| vm.ctx.none()), vm)?;
            zelf.set_attr("function", function.unwrap_or_else(|| vm.ctx.none()), vm)?;
            zelf.set_attr("args", positional, vm)?;
            zelf.set_attr("kwargs", named, vm)?;
            let finished = registry::module(vm)?.get_attr("Event", vm)?.call((), vm)?;
            zelf.set_attr("finished", finished, vm)
        }
    }

    #[pyclass(with(Initializer), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
    impl Timer {
        /// Stop the timer if it hasn't finished yet.
        #[pymethod]
        fn cancel(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
            let finished = zelf.get_attr("finished", vm)?;
            vm.call_method(&finished, "set", ()).map(drop)
        }

        #[pymethod]
        fn run(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
            let finished = zelf.get_attr("finished", vm)?;
            let interval = zelf.get_attr("interval", vm)?;
            vm.call_method(&finished, "wait", (interval,))?;
            if !vm.call_method(&finished, "is_set", ())?.try_to_bool(vm)? {
                run_frames::call(Run::Timer, &zelf, registry::module, vm)?;
            }
            vm.call_method(&finished, "set", ()).map(drop)
        }
    }

    /// The main thread.
    #[pyattr]
    #[pyclass(module = "threading", name = "_MainThread", base = PyThread)]
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct MainThread(PyThread);

    impl Initializer for MainThread {
        type Args = ();

        fn init(zelf: &Py<Self>, (): (), vm: &VirtualMachine) -> PyResult<()> {
            let named = vec![
                ("name".to_owned(), vm.ctx.new_str("MainThread").into()),
                ("daemon".to_owned(), vm.ctx.new_bool(false).into()),
            ];
            init_thread(zelf.as_object(), named, vm)
        }
    }

    #[pyclass(with(Initializer), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
    impl MainThread {}

    /// A thread that was started by something else than this module.
    #[pyattr]
    #[pyclass(module = "threading", name = "_DummyThread", base = PyThread)]
    #[derive(Debug)]
    #[repr(transparent)]
    pub(crate) struct DummyThread(PyThread);

    impl Initializer for DummyThread {
        type Args = ();

        fn init(zelf: &Py<Self>, (): (), vm: &VirtualMachine) -> PyResult<()> {
            let name = format!("Dummy-{}", next_number(vm)?);
            let daemon = vm.state.allow_daemon_threads();
            let named = vec![
                ("name".to_owned(), vm.ctx.new_str(name).into()),
                ("daemon".to_owned(), vm.ctx.new_bool(daemon).into()),
            ];
            init_thread(zelf.as_object(), named, vm)
        }
    }

    #[pyclass(with(Initializer), flags(BASETYPE, HAS_DICT, HAS_WEAKREF))]
    impl DummyThread {
        #[pymethod]
        fn is_alive(zelf: PyObjectRef, vm: &VirtualMachine) -> PyResult<bool> {
            let done = zelf
                .downcast_ref::<PyThread>()
                .is_none_or(|thread| thread.handle().is_done());
            let started = zelf.get_attr("_started", vm)?;
            if !done && vm.call_method(&started, "is_set", ())?.try_to_bool(vm)? {
                Ok(true)
            } else {
                Err(vm.new_runtime_error("thread is not alive"))
            }
        }

        #[pymethod]
        fn join(_zelf: PyObjectRef, _args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            Err(vm.new_runtime_error("cannot join a dummy thread"))
        }

        /// In the child of a fork. The thread that survived is the main thread from now on.
        #[pymethod]
        fn _after_fork(
            zelf: PyRef<PyThread>,
            new_ident: OptionalArg<PyObjectRef>,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            if (new_ident.as_ref().into_option()).is_some_and(|ident| !vm.is_none(ident)) {
                let thread = zelf.as_object();
                // Both classes are nothing but a `Thread`.
                thread.set_class(MainThread::class(&vm.ctx).to_owned(), vm);
                thread.set_attr("_name", vm.ctx.new_str("MainThread"), vm)?;
                thread.set_attr("_daemonic", vm.ctx.new_bool(false), vm)?;
            }
            #[expect(clippy::used_underscore_items, reason = "that is its name in CPython")]
            <PyThread as PrivateAttributes>::_after_fork(&zelf, new_ident, vm)
        }
    }
}
