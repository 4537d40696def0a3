//! `threading.Thread`.

mod fields;
mod life;
mod private;

pub(crate) use private::PrivateAttributes;
pub(crate) use thread::PyThread;

#[rustpython_vm::pymodule(sub, name = "threading")]
pub(crate) mod thread {
    use std::sync::Arc;

    use pyt_sched::controlled::current_number;
    use pyt_vm::threads::{Handle, Start, os_name};
    use rustpython_vm::{
        AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
        builtins::{PyStrRef, PyType},
        function::{FuncArgs, KwArgs},
        object::{Traverse, TraverseFn},
        pyclass,
        stdlib::_thread::get_ident,
        types::{Constructor, Initializer, Representable},
    };

    use super::{
        fields::{Fields, Guarded},
        life::bootstrap,
        private::PrivateAttributes,
    };
    use crate::{
        args::{
            arguments::{self, Signature, given},
            pickling, timeout,
        },
        modules::threading::{
            default_names,
            deprecated::warn_deprecated,
            registry,
            run_frames::{self, Run},
        },
    };

    /// A class that represents a thread of control.
    #[pyattr]
    #[pyclass(module = "threading", name = "Thread", traverse = "manual")]
    #[derive(PyPayload)]
    pub(crate) struct PyThread {
        fields: Guarded,
    }

    impl std::fmt::Debug for PyThread {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.debug_struct("PyThread").finish_non_exhaustive()
        }
    }

    // SAFETY: all objects the payload holds are among the fields, and all of them are visited.
    unsafe impl Traverse for PyThread {
        fn traverse(&self, f: &mut TraverseFn<'_>) {
            self.fields.visit(f);
        }

        fn clear(&mut self, out: &mut Vec<PyObjectRef>) {
            self.fields.clear(out);
        }
    }

    const THREAD: Signature<7> = Signature::python(
        "Thread.__init__",
        [
            "group", "target", "name", "args", "kwargs", "daemon", "context",
        ],
        0,
    )
    .keyword_only(2);

    const JOIN: Signature<1> = Signature::python("Thread.join", ["timeout"], 0);

    impl PrivateAttributes for PyThread {
        fn fields(&self) -> &Guarded {
            &self.fields
        }
    }

    impl Constructor for PyThread {
        type Args = FuncArgs;

        fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
            Ok(Self {
                fields: Guarded::default(),
            })
        }
    }

    impl Initializer for PyThread {
        type Args = FuncArgs;

        fn init(zelf: &Py<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            let [group, target, name, positional, named, daemon, context] =
                THREAD.bind(args, vm)?;
            if given(group, vm).is_some() {
                return Err(vm.new_exception_msg(
                    vm.ctx.exceptions.assertion_error.to_owned(),
                    "group argument must be None for now".into(),
                ));
            }
            let target = given(target, vm);
            let name = match given(name, vm) {
                Some(name) if name.clone().try_to_bool(vm)? => name.str(vm)?,
                _ => vm.ctx.new_str(default_name(target.as_ref(), vm)?),
            };
            let daemon = match given(daemon, vm) {
                Some(daemon) => {
                    let daemon = daemon.try_to_bool(vm)?;
                    if daemon && !vm.state.allow_daemon_threads() {
                        return Err(vm.new_runtime_error(
                            "daemon threads are disabled in this (sub)interpreter",
                        ));
                    }
                    daemon
                }
                None => {
                    let current = registry::current(vm)?;
                    match current.downcast_ref::<Self>() {
                        Some(current) => current.fields.lock().daemon,
                        None => false,
                    }
                }
            };
            let fields = Fields {
                initialized: true,
                target: target.or_else(|| Some(vm.ctx.none())),
                args: positional.or_else(|| Some(vm.ctx.empty_tuple.clone().into())),
                kwargs: given(named, vm).or_else(|| Some(vm.ctx.new_dict().into())),
                name: Some(name),
                daemon,
                context: given(context, vm),
                started: None,
                stderr: vm.sys_module.get_attr("stderr", vm).ok(),
                handle: Arc::default(),
            };
            let old = std::mem::replace(&mut *zelf.fields.lock(), fields);
            drop(old);
            registry::watch(zelf.as_object(), vm)
        }
    }

    fn default_name(target: Option<&PyObjectRef>, vm: &VirtualMachine) -> PyResult<String> {
        let name = format!("Thread-{}", default_names::next_number(vm)?);
        let Some(target) = target else {
            return Ok(name);
        };
        match target.get_attr("__name__", vm) {
            Ok(of_target) => Ok(format!("{name} ({})", of_target.str(vm)?)),
            Err(raised) if raised.fast_isinstance(vm.ctx.exceptions.attribute_error) => Ok(name),
            Err(raised) => Err(raised),
        }
    }

    impl Representable for PyThread {
        fn repr_str(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<String> {
            zelf.check_asserting("Thread.__init__() was not called", vm)?;
            let fields = zelf.fields.lock();
            let mut status = String::from(if fields.handle.is_done() {
                "stopped"
            } else if fields.handle.is_started() {
                "started"
            } else {
                "initial"
            });
            if fields.daemon {
                status.push_str(" daemon");
            }
            if fields.handle.ident() != 0 {
                status.push_str(&format!(" {}", fields.handle.shown_ident()));
            }
            let name = fields.name.clone();
            drop(fields);
            let name = name.map_or_else(String::new, |name| name.to_string());
            Ok(format!("<{}({name}, {status})>", zelf.class().name()))
        }
    }

    #[pyclass(
        with(Constructor, Initializer, Representable, PrivateAttributes),
        flags(BASETYPE, HAS_DICT, HAS_WEAKREF)
    )]
    impl PyThread {
        pub(crate) fn handle(&self) -> Arc<Handle> {
            self.fields.handle()
        }

        /// Makes this the object of a thread that runs already: the calling one.
        pub(crate) fn adopt(&self, ident: u64) {
            let handle = Handle::running(ident);
            handle.set_native_id_here();
            self.fields.lock().handle = handle;
        }

        pub(crate) fn context(&self) -> Option<PyObjectRef> {
            self.fields.lock().context.clone()
        }

        pub(crate) fn set_os_name(&self) {
            let name = self.fields.lock().name.clone();
            if let Some(name) = name {
                os_name::set(&name);
                if let Some(me) = pyt_sched::Thread::current() {
                    me.set_name(&name.to_string_lossy());
                }
            }
        }

        fn check_asserting(&self, message: &'static str, vm: &VirtualMachine) -> PyResult<()> {
            self.asserting(message, vm, |_| ())
        }

        /// What `look` finds, which needs nothing but the fields.
        fn asserting<R>(
            &self,
            message: &'static str,
            vm: &VirtualMachine,
            look: impl FnOnce(&Fields) -> R,
        ) -> PyResult<R> {
            let fields = self.fields.lock();
            if fields.initialized {
                return Ok(look(&fields));
            }
            drop(fields);
            Err(vm.new_exception_msg(vm.ctx.exceptions.assertion_error.to_owned(), message.into()))
        }

        fn check(&self, message: &'static str, vm: &VirtualMachine) -> PyResult<()> {
            if self.fields.lock().initialized {
                return Ok(());
            }
            Err(vm.new_runtime_error(message))
        }

        /// Start the thread's activity.
        #[pymethod]
        fn start(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<()> {
            zelf.check("thread.__init__() not called", vm)?;
            let (handle, name, daemon, context) = {
                let fields = zelf.fields.lock();
                (
                    fields.handle.clone(),
                    fields.name.clone(),
                    fields.daemon,
                    fields.context.clone(),
                )
            };
            if handle.is_started() && handle.look_started() {
                return Err(vm.new_runtime_error("threads can only be started once"));
            }
            if context.is_none() && vm.state.config.settings.thread_inherit_context {
                let copy = vm
                    .import("_contextvars", 0)?
                    .get_attr("copy_context", vm)?
                    .call((), vm)?;
                zelf.fields.lock().context = Some(copy);
            }
            if let Some(start) = registry::other_start(vm)? {
                return Self::start_by(&zelf, &start, daemon, vm);
            }
            let thread = zelf.clone();
            Start {
                handle: handle.clone(),
                names_itself: name.is_some(),
                name: name.map_or_else(String::new, |name| name.to_string()),
                daemon,
            }
            .run(vm, move |vm| {
                bootstrap(&thread, vm);
                drop(thread);
            })?;
            // In a run the thread waits for its first turn, in which it would list itself.
            if current_number().is_some() && !handle.is_done() {
                registry::add(zelf.as_object(), handle.ident(), vm)?;
            }
            let started = zelf.fields.lock().started.clone();
            if let Some(started) = started {
                vm.call_method(&started, "set", ())?;
            }
            Ok(())
        }

        /// As `start`, by the function that was put in the place of `_start_joinable_thread`.
        fn start_by(
            zelf: &Py<Self>,
            start: &PyObject,
            daemon: bool,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            let thread = zelf.as_object();
            let keywords = [
                (
                    "handle".to_owned(),
                    thread.get_attr("_os_thread_handle", vm)?,
                ),
                ("daemon".to_owned(), vm.ctx.new_bool(daemon).into()),
            ];
            let args = FuncArgs::new(
                vec![thread.get_attr("_bootstrap", vm)?],
                keywords.into_iter().collect::<KwArgs>(),
            );
            start.call(args, vm)?;
            let started = thread.get_attr("_started", vm)?;
            vm.call_method(&started, "wait", ()).map(drop)
        }

        /// Runs the thread, on that thread.
        #[pymethod]
        fn _bootstrap(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<()> {
            let started = zelf.as_object().get_attr("_started", vm)?;
            vm.call_method(&started, "set", ())?;
            bootstrap(&zelf, vm);
            Ok(())
        }

        /// Method representing the thread's activity.
        #[pymethod]
        fn run(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<()> {
            let thread = zelf.as_object();
            let target = zelf.fields.lock().target.clone();
            let target = target.ok_or_else(|| arguments::no_attribute(thread, "_target", vm))?;
            let done = if vm.is_none(&target) {
                Ok(())
            } else {
                run_frames::call(Run::Thread, thread, registry::module, vm)
            };
            // The thread may be among its own arguments: that cycle is broken here.
            let dropped = {
                let mut fields = zelf.fields.lock();
                (
                    fields.target.take(),
                    fields.args.take(),
                    fields.kwargs.take(),
                )
            };
            drop(dropped);
            done
        }

        /// Wait until the thread terminates.
        #[pymethod]
        fn join(zelf: PyRef<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult<()> {
            let [timeout] = JOIN.bind(args, vm)?;
            zelf.check("Thread.__init__() not called", vm)?;
            let handle = zelf.handle();
            if !handle.is_started() && !handle.look_started() {
                return Err(vm.new_runtime_error("cannot join thread before it is started"));
            }
            if !handle.is_done() && handle.ident() == get_ident() {
                return Err(vm.new_runtime_error("cannot join current thread"));
            }
            let deadline = timeout::of_thread_join(timeout.as_deref(), vm)?;
            handle.join(deadline, vm)
        }

        /// Return whether the thread is alive.
        #[pymethod]
        fn is_alive(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<bool> {
            let handle = zelf.asserting("Thread.__init__() not called", vm, |fields| {
                fields.handle.clone()
            })?;
            // Not with the fields locked: another thread may go on here.
            Ok(handle.look_started() && !handle.is_done())
        }

        /// A string used for identification purposes only.
        #[pygetset]
        fn name(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Option<PyStrRef>> {
            zelf.asserting("Thread.__init__() not called", vm, |fields| {
                fields.name.clone()
            })
        }

        #[pygetset(setter)]
        fn set_name(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
            zelf.check_asserting("Thread.__init__() not called", vm)?;
            let name = value.str(vm)?;
            let old = zelf.fields.lock().name.replace(name);
            drop(old);
            if zelf.handle().ident() == get_ident() {
                zelf.set_os_name();
            }
            Ok(())
        }

        /// Thread identifier of this thread or None if it has not been started.
        #[pygetset]
        fn ident(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Option<u64>> {
            zelf.check_asserting("Thread.__init__() not called", vm)?;
            Ok(Some(zelf.handle().shown_ident()).filter(|ident| *ident != 0))
        }

        /// Native integral thread ID of this thread, or None if it has not been started.
        #[pygetset]
        fn native_id(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Option<u64>> {
            zelf.check_asserting("Thread.__init__() not called", vm)?;
            Ok(Some(zelf.handle().shown_native_id()).filter(|id| *id != 0))
        }

        /// A boolean value indicating whether this thread is a daemon thread.
        #[pygetset]
        fn daemon(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
            zelf.check_asserting("Thread.__init__() not called", vm)?;
            Ok(zelf.fields.lock().daemon)
        }

        #[pygetset(setter)]
        fn set_daemon(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
            zelf.check("Thread.__init__() not called", vm)?;
            let daemon = value.try_to_bool(vm)?;
            if daemon && !vm.state.allow_daemon_threads() {
                return Err(vm.new_runtime_error("daemon threads are disabled in this interpreter"));
            }
            if zelf.handle().is_started() {
                return Err(vm.new_runtime_error("cannot set daemon status of active thread"));
            }
            zelf.fields.lock().daemon = daemon;
            Ok(())
        }

        /// Deprecated: use the daemon attribute.
        #[pymethod(name = "isDaemon")]
        fn is_daemon(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
            warn_deprecated(
                "isDaemon() is deprecated, get the daemon attribute instead",
                vm,
            )?;
            zelf.as_object().get_attr("daemon", vm)
        }

        /// Deprecated: use the daemon attribute.
        #[pymethod(name = "setDaemon")]
        fn set_daemon_method(
            zelf: PyRef<Self>,
            daemonic: PyObjectRef,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            warn_deprecated(
                "setDaemon() is deprecated, set the daemon attribute instead",
                vm,
            )?;
            zelf.as_object().set_attr("daemon", daemonic, vm)
        }

        /// Deprecated: use the name attribute.
        #[pymethod(name = "getName")]
        fn get_name(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult {
            warn_deprecated(
                "getName() is deprecated, get the name attribute instead",
                vm,
            )?;
            zelf.as_object().get_attr("name", vm)
        }

        /// Deprecated: use the name attribute.
        #[pymethod(name = "setName")]
        fn set_name_method(
            zelf: PyRef<Self>,
            name: PyObjectRef,
            vm: &VirtualMachine,
        ) -> PyResult<()> {
            warn_deprecated(
                "setName() is deprecated, set the name attribute instead",
                vm,
            )?;
            zelf.as_object().set_attr("name", name, vm)
        }

        /// Takes down the calling thread's number as this thread's: `multiprocessing` does so in
        /// a forked process.
        #[pymethod]
        fn _set_native_id(zelf: PyRef<Self>) {
            zelf.handle().set_native_id_here();
        }

        #[pymethod]
        fn __getstate__(_zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
            pickling::refuse_for("_thread._ThreadHandle", vm)
        }
    }
}
