//! Isolation: programs that can access nothing outside of the interpreter except what was granted.
//!
//! Three parts: native modules that act on the world are left out, or their functions refuse
//! ([`natives`]); methods of the interpreter's classes that act on it refuse, too ([`classes`]);
//! and what is in place before a program begins is replaced ([`surroundings`]). All interpreters of
//! a process share native classes, so those are sealed in every runtime ([`shared`]). What is
//! promised, and what is not, is in `docs/isolation.md`.
//!
//! Which program runs is not known here.

mod classes;
mod files;
mod natives;
mod policy;
pub(crate) mod shared;
mod surroundings;

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use pyt_vm::InterpreterState;
use rustpython_vm::{PyResult, VirtualMachine, common::rc::PyRc};
use serde::{Deserialize, Serialize};

pub(crate) use self::policy::{IsolationPolicy, Lease};
use crate::Error;

/// What an isolated program is granted; by default nothing. See
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
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

    /// Grants reading a file, or a folder with all beneath it. It must exist when the runtime is
    /// built. Symbolic links are resolved first: the real path decides.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// As [`read`](Self::read). What is beneath it may also be created, written, renamed and
    /// removed.
    #[must_use]
    pub fn write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// Grants sockets of all kinds and to any address, and what waits for them (`select`,
    /// `selectors`, `asyncio`). Local sockets (`AF_UNIX`) are files, but grants of files do not
    /// limit them.
    #[must_use]
    pub fn network(mut self) -> Self {
        self.network = true;
        self
    }

    /// Grants a native module unchanged: `_ctypes`, `mmap`, `_signal`, `_posixsubprocess`, `posix`,
    /// … With most of those the program is no longer isolated: nothing limits what they do.
    ///
    /// Child processes need `_posixsubprocess`, `posix`, and so on, and are not isolated at all.
    #[must_use]
    pub fn native_module(mut self, name: impl Into<String>) -> Self {
        self.modules.insert(name.into());
        self
    }
}

impl IsolationPolicy {
    /// The policy for these grants.
    ///
    /// # Errors
    /// If a path that is granted does not exist, or there is no such native module.
    pub(crate) fn of(grants: &Isolation, search_paths: &[String]) -> Result<Arc<Self>, Error> {
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
        Ok(Arc::new(Self::new(read, write, modules)))
    }

    /// Applies the policy to an interpreter that is being initialised and has run nothing yet.
    pub(crate) fn begin(
        self: &Arc<Self>,
        interpreter: &Arc<InterpreterState>,
        vm: &mut VirtualMachine,
    ) {
        self.register(interpreter);
        if let Some(state) = PyRc::get_mut(&mut vm.state) {
            natives::replace(&mut state.module_defs, self);
        }
    }

    /// Applies the rest of the policy, before the program begins.
    pub(crate) fn seal(&self, vm: &VirtualMachine) -> PyResult<()> {
        shared::create_shared_classes(&vm.state.module_defs, vm);
        classes::guard(vm)?;
        surroundings::replace(self, vm)?;
        self.set_sealed();
        Ok(())
    }
}
