//! What a recording has to learn of beside the moments of threads: a `fork`, the end of the process
//! by `os._exit`, exceptions that end threads, and which task an event loop goes on with.

use std::sync::{Arc, Weak};

use pyt_modules::{ISOLATION_MARK, search_path};
use pyt_pictures::Recorder;
use pyt_vm::{InterpreterState, recording::Recording};
use rustpython_vm::{
    PyObjectRef, PyResult, VirtualMachine,
    builtins::PyStrRef,
    function::{FuncArgs, KwArgs},
};

/// The signals that programs handle most.
const SIGNALS: [(i32, &str); 10] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGINT, "SIGINT"),
    (libc::SIGQUIT, "SIGQUIT"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGPIPE, "SIGPIPE"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGTERM, "SIGTERM"),
    (libc::SIGCHLD, "SIGCHLD"),
    (libc::SIGWINCH, "SIGWINCH"),
];

/// What the interpreter lets the recorder know.
struct Events(Arc<Recorder>);

impl Recording for Events {
    fn made(&self, object: usize) {
        if self.0.is_on() {
            self.0.made(object);
        }
    }

    fn raised(&self, exception: &str) {
        self.0.instant(exception);
    }

    fn handles(&self, signal: i32) {
        self.0.instant(&format!("handles {}", name_of(signal)));
    }

    fn process_ends(&self) {
        self.0.end();
    }
}

fn name_of(signal: i32) -> String {
    let known = SIGNALS.iter().find(|(number, _)| *number == signal);
    known.map_or_else(
        || format!("signal {signal}"),
        |(_, name)| (*name).to_owned(),
    )
}

/// Has `recorder` learn of all this. Of what is not installed, the recording knows less.
pub(super) fn install(
    state: &Arc<InterpreterState>,
    recorder: &Arc<Recorder>,
    vm: &VirtualMachine,
) {
    state.record_with(Arc::new(Events(recorder.clone())));
    if vm.state.module_defs.contains_key(ISOLATION_MARK) {
        // Such a program neither forks nor ends the process, and gets nothing that is not listed.
        return;
    }
    let recorder = Arc::downgrade(recorder);
    for install in [watch_forks, watch_exit, watch_tasks] {
        if let Err(raised) = install(&recorder, vm) {
            vm.run_unraisable(raised, None, vm.ctx.none());
        }
    }
}

/// A process is forked without the recording's own thread, and the child records nothing.
fn watch_forks(recorder: &Weak<Recorder>, vm: &VirtualMachine) -> PyResult<()> {
    let posix = vm.import("posix", 0)?;
    let [before, parent, child] = [(); 3].map(|()| recorder.clone());
    let before = vm.new_function("pause_timeline", move |vm: &VirtualMachine| {
        if let Some(recorder) = before.upgrade() {
            vm.allow_threads(|| recorder.pause());
        }
    });
    let parent = vm.new_function("continue_timeline", move || {
        if let Some(recorder) = parent.upgrade() {
            recorder.go_on();
        }
    });
    let child = vm.new_function("abandon_timeline", move || {
        if let Some(recorder) = child.upgrade() {
            recorder.abandon();
        }
    });
    let keywords = [
        ("before".to_owned(), before.into()),
        ("after_in_parent".to_owned(), parent.into()),
        ("after_in_child".to_owned(), child.into()),
    ];
    let register = posix.get_attr("register_at_fork", vm)?;
    let keywords = keywords.into_iter().collect::<KwArgs>();
    register.call(FuncArgs::new(vec![], keywords), vm).map(drop)
}

/// `os._exit` completes the file first.
fn watch_exit(recorder: &Weak<Recorder>, vm: &VirtualMachine) -> PyResult<()> {
    let recorder = recorder.clone();
    let exit = move |args: FuncArgs, vm: &VirtualMachine| -> PyResult<()> {
        let given = args.args.first().or_else(|| args.kwargs.get("status"));
        let Some(status) = given else {
            let missing = "_exit() missing required argument 'status' (pos 1)";
            return Err(vm.new_type_error(missing));
        };
        let status: i32 = status.try_index(vm)?.try_to_primitive(vm)?;
        if let Some(recorder) = recorder.upgrade() {
            vm.allow_threads(|| recorder.end());
        }
        // SAFETY: it takes any number, and does not return.
        unsafe { libc::_exit(status) }
    };
    let exit: PyObjectRef = vm.new_function("_exit", exit).into();
    vm.import("posix", 0)?.set_attr("_exit", exit.clone(), vm)?;
    let modules = vm.sys_module.get_attr("modules", vm)?;
    if let Ok(os) = modules.get_item("os", vm) {
        os.set_attr("_exit", exit, vm)?;
    }
    Ok(())
}

/// Event loops say which task they go on with.
fn watch_tasks(recorder: &Weak<Recorder>, vm: &VirtualMachine) -> PyResult<()> {
    let (begins, ends) = (recorder.clone(), recorder.clone());
    let goes_on = vm.new_function("goes_on", move |task: u64, name: PyStrRef| {
        if let Some(recorder) = begins.upgrade() {
            recorder.task_goes_on(task, || name.to_string_lossy().into_owned());
        }
    });
    let stops = vm.new_function("stops", move |task: u64, awaits: Option<PyStrRef>| {
        if let Some(recorder) = ends.upgrade() {
            let awaits = awaits.as_ref().map(|awaits| awaits.to_string_lossy());
            recorder.task_stops(task, awaits.as_deref());
        }
    });
    let module = search_path::import_own("_pyt_timeline", vm)?;
    let install = module.get_attr("install", vm)?;
    install.call((goes_on, stops), vm).map(drop)
}
