//! Runtimes whose programs reach nothing of the host's but what was granted.
//!
//! Three things hold together: native modules that act on the world are left out, or their functions
//! refuse ([`natives`]); what the interpreter's classes could do without a module refuses, too
//! ([`classes`]); and what was in place before a program begins is replaced ([`surroundings`]). What
//! is promised, and what is not, is in `docs/isolation.md`.

mod classes;
mod files;
mod natives;
pub(crate) mod shared;
mod surroundings;

use std::{
    collections::{BTreeSet, HashMap},
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use parking_lot::RwLock;
use rustpython_vm::{
    Interpreter, PyResult, VirtualMachine, builtins::PyBaseExceptionRef, common::rc::PyRc,
};

use crate::{Builder, Error};

/// What an isolated program is granted; nothing at first. See
/// [`Builder::isolated`](crate::Builder::isolated).
///
/// ```no_run
/// use pyt_runtime::{Isolation, Runtime};
///
/// let runtime = Runtime::builder()
///     .isolated(Isolation::new().read("/srv/data"))
///     .build()?;
/// let error = runtime.exec("open('/etc/passwd')").unwrap_err();
/// assert_eq!(error.type_name(), "PermissionError");
/// # Ok::<(), pyt_runtime::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Isolation {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    network: bool,
    modules: BTreeSet<String>,
}

impl Isolation {
    /// Nothing granted.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Files and folders that may be read: this one and all beneath it. It must exist when the
    /// runtime is built. Links are followed first: what counts is where a path leads.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// As [`read`](Self::read); what is beneath it may also be made, written, renamed and removed.
    #[must_use]
    pub fn write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// Sockets of all kinds, and what waits for them (`select`, `selectors`, `asyncio`): to any
    /// address. Local sockets (`AF_UNIX`) are files, and not held to what is granted of those.
    #[must_use]
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Grants a native module as it is: `_ctypes`, `mmap`, `_signal`, `_posixsubprocess`, `posix`, …
    /// With most of those nothing holds any more: what they can do is theirs to limit.
    ///
    /// Child processes need `_posixsubprocess`, `posix`, and so on, and are not isolated at all.
    #[must_use]
    pub fn native_module(mut self, name: impl Into<String>) -> Self {
        self.modules.insert(name.into());
        self
    }
}

impl Builder {
    /// Isolates the program from the host: no files, network, child processes, environment variables,
    /// C code or signals, but what `grants` says. `docs/isolation.md` says what holds, and what does
    /// not: it is no protection from errors of the interpreter itself, and time and memory are not
    /// limited by it.
    ///
    /// What is refused raises `PermissionError`, or `ImportError` for modules that make no sense
    /// without. Search paths can be read. The environment is empty but for what
    /// [`env`](Self::env) puts in. Standard input is empty unless [`stdin`](Self::stdin) says
    /// otherwise. `site` is not run.
    #[must_use]
    pub fn isolated(mut self, grants: Isolation) -> Self {
        self.isolation = Some(grants);
        self
    }
}

/// Its presence among an interpreter's modules says that the interpreter is isolated. Nothing in the
/// interpreter can take it away.
const MARK: &str = "_pyt_isolated";

/// What isolated interpreters may do, by their numbers. One that is marked and not in here may do
/// nothing.
static POLICIES: RwLock<Option<HashMap<i64, Arc<Policy>>>> = RwLock::new(None);

/// What one isolated interpreter may do.
#[derive(Debug, Default)]
pub(crate) struct Policy {
    /// Folders and files, with all links resolved.
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    /// Native modules that are left as they are.
    modules: BTreeSet<String>,
    /// Whether the program may begin. Before that, only the interpreter's own start runs.
    sealed: AtomicBool,
}

impl Policy {
    /// # Errors
    /// If a path that is granted does not exist.
    pub(crate) fn new(grants: &Isolation, search_paths: &[String]) -> Result<Arc<Self>, Error> {
        let real = |path: &PathBuf| {
            path.canonicalize().map_err(|error| {
                let path = path.display();
                Error::option(format!("{path} cannot be granted: {error}"))
            })
        };
        let write = grants
            .write
            .iter()
            .map(real)
            .collect::<Result<Vec<_>, _>>()?;
        let read = grants.read.iter().map(real);
        // A search path that does not exist holds nothing to import.
        let imported = search_paths.iter().filter(|path| !path.is_empty());
        let imported = imported.filter_map(|path| PathBuf::from(path).canonicalize().ok());
        let read = read.chain(imported.map(Ok));
        let read = read.chain(write.iter().cloned().map(Ok));
        let read = read.collect::<Result<Vec<_>, _>>()?;
        let mut modules = grants.modules.clone();
        if grants.network {
            modules.extend(natives::NETWORK.map(str::to_owned));
        }
        if let Some(name) = modules.iter().find(|name| !natives::exists(name)) {
            return Err(Error::option(format!("there is no native module {name}")));
        }
        Ok(Arc::new(Self {
            read,
            write,
            modules,
            sealed: AtomicBool::new(false),
        }))
    }

    /// Begins before the interpreter does anything: to be called in its initialisation.
    pub(crate) fn begin(self: &Arc<Self>, vm: &mut VirtualMachine) {
        let id = vm.state.runtime_root_id;
        let mut policies = POLICIES.write();
        policies.get_or_insert_default().insert(id, self.clone());
        drop(policies);
        if let Some(state) = PyRc::get_mut(&mut vm.state) {
            natives::replace(&mut state.module_defs, self);
        }
    }

    /// Closes what is still open, before the program begins.
    pub(crate) fn seal(&self, vm: &VirtualMachine) -> PyResult<()> {
        shared::make_shared_classes(&vm.state.module_defs, vm);
        classes::guard(vm)?;
        surroundings::replace(self, vm)?;
        self.sealed.store(true, Ordering::Release);
        Ok(())
    }

    fn is_sealed(&self) -> bool {
        self.sealed.load(Ordering::Acquire)
    }

    fn grants_module(&self, name: &str) -> bool {
        self.modules.contains(name)
    }
}

/// What an interpreter is granted, for as long as this lives; afterwards what is left of it may do
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

/// What the interpreter may do; `None` if it is not isolated.
fn policy(vm: &VirtualMachine) -> Option<Arc<Policy>> {
    if !vm.state.module_defs.contains_key(MARK) {
        return None;
    }
    let policies = POLICIES.read();
    let id = vm.state.runtime_root_id;
    let known = policies.as_ref().and_then(|policies| policies.get(&id));
    Some(known.cloned().unwrap_or_else(|| {
        Arc::new(Policy {
            sealed: AtomicBool::new(true),
            ..Policy::default()
        })
    }))
}

/// The error of whoever wants what was not granted.
fn refused(what: &str, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let message = vm
        .ctx
        .new_str(format!("{what} is not granted in this isolated runtime"));
    let class = vm.ctx.exceptions.permission_error;
    let args = vec![vm.ctx.new_int(libc::EPERM).into(), message.into()];
    match vm.invoke_exception(class, args) {
        Ok(raised) | Err(raised) => raised,
    }
}
