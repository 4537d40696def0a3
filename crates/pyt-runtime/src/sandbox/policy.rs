//! What a sandboxed interpreter is granted, and which protections it must have.
//!
//! How a process is confined is not known here.

use std::{
    ffi::OsString,
    fmt,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::child::{filter, ruleset};
use crate::Error;

/// By how many bytes a sandbox's private memory may grow, unless the host says otherwise.
const DEFAULT_MEMORY: u64 = 512 << 20;

/// How many threads a sandbox's process may have, unless the host says otherwise.
const DEFAULT_THREADS: usize = 16;

/// How long a message may be, unless the host says otherwise.
const DEFAULT_MESSAGE: usize = 64 << 20;

/// How long a file may become that a sandbox writes, unless the host says otherwise.
const DEFAULT_FILE_SIZE: u64 = 64 << 20;

/// How many files may be open in a sandbox, unless the host says otherwise.
const DEFAULT_OPEN_FILES: u64 = 64;

/// A protection that the kernel may offer or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Protection {
    /// Landlock, of version 3 at least (Linux 6.2): which files can be opened and changed.
    Landlock,
    /// Landlock of version 6 at least (Linux 6.12): signals and abstract sockets of other
    /// processes. System calls are filtered for the same, so this is a second wall.
    LandlockScopes,
    /// Filters of system calls (seccomp).
    Seccomp,
    /// A control group of its own, for a sandbox with a
    /// [`control_group`](Sandbox::control_group).
    ControlGroup,
}

impl fmt::Display for Protection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Landlock => "Landlock, version 3 or newer (Linux 6.2)",
            Self::LandlockScopes => "Landlock, version 6 or newer (Linux 6.12)",
            Self::Seccomp => "filters of system calls (seccomp)",
            Self::ControlGroup => "control groups of version 2 in the given folder",
        })
    }
}

impl Protection {
    /// What a sandbox that is [required](Sandbox::require) cannot do without.
    const NEEDED: [Self; 2] = [Self::Landlock, Self::Seccomp];
}

/// What a sandboxed interpreter is granted, by default nothing, and what limits its process: for
/// [`Builder::sandboxed`](crate::Builder::sandboxed).
///
/// The limits here hold for the process from its beginning to its end;
/// [`Limits`](crate::Limits) hold for each call.
#[derive(Clone, Debug)]
pub struct Sandbox {
    read: Vec<PathBuf>,
    write: Vec<PathBuf>,
    memory: u64,
    threads: usize,
    file_size: u64,
    open_files: u64,
    pub(super) message: usize,
    pub(super) control_group: Option<PathBuf>,
    pub(super) is_required: bool,
    pub(super) program: Option<PathBuf>,
    pub(super) arguments: Vec<OsString>,
}

impl Sandbox {
    fn new(is_required: bool) -> Self {
        Self {
            read: Vec::new(),
            write: Vec::new(),
            memory: DEFAULT_MEMORY,
            threads: DEFAULT_THREADS,
            file_size: DEFAULT_FILE_SIZE,
            open_files: DEFAULT_OPEN_FILES,
            message: DEFAULT_MESSAGE,
            control_group: None,
            is_required,
            program: None,
            arguments: Vec::new(),
        }
    }

    /// A sandbox that is not built where the kernel lacks what the guarantees rest on: Landlock or
    /// seccomp. The error then names what is missing. Use this for programs that are not trusted.
    #[must_use]
    pub fn require() -> Self {
        Self::new(true)
    }

    /// A sandbox that does without what the kernel does not offer.
    /// [`SandboxedRuntime::missing`](crate::sandbox::SandboxedRuntime::missing) lists it.
    #[must_use]
    pub fn best_effort() -> Self {
        Self::new(false)
    }

    /// What this kernel does not offer. Empty where everything is there. Whether processes can have
    /// a [`control_group`](Self::control_group) depends on its folder, and is seen when they are
    /// built.
    #[must_use]
    pub fn missing() -> Vec<Protection> {
        let mut missing = ruleset::missing();
        if !filter::is_offered() {
            missing.push(Protection::Seccomp);
        }
        missing
    }

    /// Grants reading a file, or a folder with all beneath it. It must exist when the sandbox is
    /// built. Symbolic links are resolved first.
    ///
    /// With a grant of any file, the program can also find out which other files exist, and their
    /// sizes, times and owners: Landlock does not hide those. Without any it cannot.
    #[must_use]
    pub fn read(mut self, path: impl Into<PathBuf>) -> Self {
        self.read.push(path.into());
        self
    }

    /// As [`read`](Self::read). What is beneath it may also be created, written, renamed and
    /// removed. Modes, owners and times of files cannot be changed, and no links be made.
    #[must_use]
    pub fn write(mut self, path: impl Into<PathBuf>) -> Self {
        self.write.push(path.into());
        self
    }

    /// By how many bytes the process's private memory may grow beyond what the interpreter takes:
    /// 512 MiB by default. The kernel refuses more, with room for the stacks of the threads; and
    /// what is resident is measured during calls, every few milliseconds.
    #[must_use]
    pub const fn memory(mut self, bytes: u64) -> Self {
        self.memory = bytes;
        self
    }

    /// How many threads the process may have, of which pyt itself uses a few: 16 by default.
    /// Measured during calls, every few milliseconds. Use
    /// [`Limits::threads`](crate::Limits::threads) for an exact limit on Python's threads.
    #[must_use]
    pub const fn threads(mut self, threads: usize) -> Self {
        self.threads = threads;
        self
    }

    /// How long, in bytes, a file may become that the program writes: 64 MiB by default.
    #[must_use]
    pub const fn file_size(mut self, bytes: u64) -> Self {
        self.file_size = bytes;
        self
    }

    /// How many files the process may have open, pipes and the like included: 64 by default, at
    /// least 8.
    #[must_use]
    pub const fn open_files(mut self, files: u64) -> Self {
        self.open_files = files;
        self
    }

    /// How long, in bytes, a value may be in either direction, and the source of a call: 64 MiB by
    /// default, at most 1 GiB.
    #[must_use]
    pub const fn message_size(mut self, bytes: usize) -> Self {
        self.message = bytes;
        self
    }

    /// Gives the process a control group of its own beneath this one, a folder below
    /// `/sys/fs/cgroup` of version 2. There the kernel limits exactly what is otherwise measured
    /// every few milliseconds: the [`memory`](Self::memory), with what the kernel keeps for the
    /// process, and the [`threads`](Self::threads), of which one too many is refused and not the
    /// end. Limits of the given group hold for the sum of all sandboxes in it. No group by default.
    ///
    /// The host must be allowed to make groups there and to move processes to them, the group must
    /// have the controllers `memory` and `pids`, and no process may be in it itself: with systemd,
    /// `Delegate=yes` and `DelegateSubgroup=host` for the host's unit, and here the unit's group.
    /// Where that is not so, a sandbox that is [required](Self::require) is not built, and one of
    /// [best effort](Self::best_effort) has [`Protection::ControlGroup`] among what it lacks.
    #[must_use]
    pub fn control_group(mut self, folder: impl Into<PathBuf>) -> Self {
        self.control_group = Some(folder.into());
        self
    }

    /// Which program the process runs: `pyt`, or any whose `main` begins with
    /// [`child_main`](crate::sandbox::child_main). By default the host's own program.
    #[must_use]
    pub fn program(mut self, path: impl Into<PathBuf>) -> Self {
        self.program = Some(path.into());
        self
    }

    /// The arguments that the program gets, if it needs some to come to its
    /// [`child_main`](crate::sandbox::child_main).
    #[must_use]
    pub fn program_args<T: Into<OsString>>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.arguments = args.into_iter().map(Into::into).collect();
        self
    }
}

/// The confinement of a process, as it is sent there.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Confinement {
    /// Files and folders, with all links resolved.
    pub(super) read: Vec<PathBuf>,
    pub(super) write: Vec<PathBuf>,
    pub(super) memory: u64,
    pub(super) threads: usize,
    pub(super) file_size: u64,
    pub(super) open_files: u64,
    pub(super) message: usize,
    /// What must be there.
    pub(super) needed: Vec<Protection>,
}

/// The least number of open files with which a process can work.
const LEAST_OPEN_FILES: u64 = 8;

/// The longest message that both sides can take.
const MOST_MESSAGE: usize = 1 << 30;

impl Sandbox {
    /// What is sent to the process, or why there can be none.
    pub(super) fn confinement(&self, search_paths: &[String]) -> Result<Confinement, Error> {
        if self.open_files < LEAST_OPEN_FILES {
            let message = format!(
                "a sandbox needs {LEAST_OPEN_FILES} open files, not {}",
                self.open_files
            );
            return Err(Error::option(message));
        }
        if self.message > MOST_MESSAGE {
            return Err(Error::option(format!(
                "a message of {} bytes is longer than 1 GiB",
                self.message
            )));
        }
        let needed = match self.is_required {
            true => Protection::NEEDED.to_vec(),
            false => Vec::new(),
        };
        let real = |path: &PathBuf| {
            path.canonicalize().map_err(|error| {
                Error::option(format!("{} cannot be granted: {error}", path.display()))
            })
        };
        let write: Result<Vec<_>, _> = self.write.iter().map(real).collect();
        let read = self.read.iter().map(real);
        // A search path that does not exist holds nothing to import.
        let imported = search_paths.iter().filter(|path| !path.is_empty());
        let imported = imported.filter_map(|path| Path::new(path).canonicalize().ok());
        let read: Result<Vec<_>, _> = read.chain(imported.map(Ok)).collect();
        Ok(Confinement {
            read: read?,
            write: write?,
            memory: self.memory,
            threads: self.threads,
            file_size: self.file_size,
            open_files: self.open_files,
            message: self.message,
            needed,
        })
    }
}

/// The error for protections that are needed and missing. `None` if none is.
pub(super) fn lacking(needed: &[Protection], missing: &[Protection]) -> Option<Error> {
    let names = needed.iter().filter(|one| missing.contains(one));
    let names: Vec<String> = names.map(ToString::to_string).collect();
    if names.is_empty() {
        return None;
    }
    let message = format!(
        "the sandbox cannot be built, because the kernel does not offer {}",
        names.join(", nor ")
    );
    Some(Error::unprotected(&message))
}
