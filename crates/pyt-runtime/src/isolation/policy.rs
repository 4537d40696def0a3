//! What each isolated interpreter may do, and which interpreters are isolated.
//!
//! What is refused, and how, is not known here.

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;
use rustpython_vm::{Interpreter, VirtualMachine, builtins::PyBaseExceptionRef};

/// The name of a native module that marks an interpreter as isolated. Nothing in the interpreter
/// can remove it.
pub(super) const MARK: &str = "_pyt_isolated";

/// What isolated interpreters may do, by their numbers. An interpreter that is marked and not in
/// here may do nothing.
static POLICIES: RwLock<Option<HashMap<i64, Arc<IsolationPolicy>>>> = RwLock::new(None);

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

    /// Makes this the policy of `vm`'s interpreter.
    pub(super) fn register(self: &Arc<Self>, vm: &VirtualMachine) {
        let id = vm.state.runtime_root_id;
        let mut policies = POLICIES.write();
        policies.get_or_insert_default().insert(id, self.clone());
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
pub(crate) struct Lease(i64);

impl Lease {
    pub(crate) fn of(interpreter: &Interpreter) -> Self {
        Self(interpreter.id())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(policies) = &mut *POLICIES.write() {
            policies.remove(&self.0);
        }
    }
}

/// The policy of `vm`'s interpreter; `None` if it is not isolated.
pub(super) fn policy(vm: &VirtualMachine) -> Option<Arc<IsolationPolicy>> {
    if !vm.state.module_defs.contains_key(MARK) {
        return None;
    }
    let policies = POLICIES.read();
    let id = vm.state.runtime_root_id;
    let known = policies.as_ref().and_then(|policies| policies.get(&id));
    Some(known.cloned().unwrap_or_else(|| {
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
