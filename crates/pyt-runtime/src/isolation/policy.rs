//! What each isolated interpreter may do, and which interpreters are isolated.
//!
//! What is refused, and how, is not known here.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;
use pyt_vm::{InterpreterState, state};
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef};

/// The name of a native module that marks an interpreter as isolated. Nothing in the interpreter
/// can remove it.
pub(super) const MARK: &str = pyt_modules::ISOLATION_MARK;

/// The policy of an isolated interpreter, as a slot of its state.
#[derive(Default)]
struct PolicySlot(RwLock<Option<Arc<IsolationPolicy>>>);

/// What one isolated interpreter may do.
#[derive(Debug, Default)]
pub(crate) struct IsolationPolicy {
    /// Folders and files, with all links resolved.
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    /// Native modules that are left as they are.
    pub(super) modules: BTreeSet<String>,
    /// Whether the program may begin. Before that, only the interpreter's own start runs.
    sealed: AtomicBool,
}

impl IsolationPolicy {
    pub(super) fn new(read: Vec<PathBuf>, write: Vec<PathBuf>, modules: BTreeSet<String>) -> Self {
        Self {
            read,
            write,
            modules,
            sealed: AtomicBool::new(false),
        }
    }

    /// Makes this the policy of the interpreter whose state is `state`.
    pub(super) fn register(self: &Arc<Self>, state: &InterpreterState) {
        *state.slot::<PolicySlot>().0.write() = Some(self.clone());
    }

    pub(super) fn set_sealed(&self) {
        self.sealed.store(true, Ordering::Release);
    }

    pub(super) fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::Acquire)
    }

    pub(super) fn grants_module(&self, name: &str) -> bool {
        self.modules.contains(name)
    }
}

/// An interpreter's grants, for as long as this lives. Afterwards code of that interpreter may do
/// nothing.
pub(crate) struct Lease(Arc<InterpreterState>);

impl Lease {
    pub(crate) fn new(state: &Arc<InterpreterState>) -> Self {
        Self(state.clone())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.0.slot::<PolicySlot>().0.write() = None;
    }
}

/// The policy of `vm`'s interpreter; `None` if it is not isolated. An interpreter that is marked
/// and has no policy may do nothing.
pub(super) fn policy(vm: &VirtualMachine) -> Option<Arc<IsolationPolicy>> {
    if !vm.state.module_defs.contains_key(MARK) {
        return None;
    }
    // The state of the outermost interpreter: those that Python code makes share its policy.
    let state = state::find(vm.state.runtime_root_id);
    let known = state.and_then(|state| state.slot::<PolicySlot>().0.read().clone());
    Some(known.unwrap_or_else(|| {
        Arc::new(IsolationPolicy {
            sealed: AtomicBool::new(true),
            ..IsolationPolicy::default()
        })
    }))
}

/// The `PermissionError` for what was not granted.
pub(super) fn refused(what: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let message = vm
        .ctx
        .new_str(format!("{what} is not granted in this isolated runtime"));
    let class = vm.ctx.exceptions.permission_error;
    let args = vec![vm.ctx.new_int(libc::EPERM).into(), message.into()];
    match vm.invoke_exception(class, args) {
        Ok(raised) | Err(raised) => raised,
    }
}
