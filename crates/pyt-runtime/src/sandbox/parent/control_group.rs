//! A control group for a sandbox's process: the kernel counts what is in it, and refuses more.
//!
//! Only version 2 is used, and only beneath a folder that the host names: which groups a process
//! may make, and where, is decided by who runs the host.

use std::{
    fs, io,
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::Duration,
};

/// What is limited, as the file names it in which a group passes it on to the groups beneath.
const CONTROLLERS: [&str; 2] = ["memory", "pids"];

/// The beginning of the names of groups that are made here; the number of the host's process and a
/// count follow.
const PREFIX: &str = "pyt-sandbox-";

/// How much memory the kernel and pyt's own threads may take beyond what is in use when the program
/// begins.
const OWN_GROWTH: u64 = 16 << 20;

/// A group for one process. It is removed when this is dropped, with what is in it.
pub(super) struct ControlGroup {
    folder: PathBuf,
}

impl ControlGroup {
    /// Makes a group beneath `parent`, in which there may be so many threads.
    ///
    /// # Errors
    /// If `parent` is no folder of control groups, lacks a controller, or may not be changed.
    pub(super) fn create(parent: &Path, threads: usize) -> io::Result<Self> {
        static MADE: AtomicU64 = AtomicU64::new(0);
        if !is_version_two(parent)? {
            return Err(io::Error::other("no control group of version 2"));
        }
        pass_on(parent)?;
        remove_abandoned(parent);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let host = std::process::id();
        let folder = parent.join(format!("{PREFIX}{host}-{number}"));
        fs::create_dir(&folder)?;
        let group = Self { folder };
        group.write("pids.max", &threads.to_string())?;
        // Where the kernel counts no swap there is no such file.
        let _ = group.write("memory.swap.max", "0");
        Ok(group)
    }

    /// Puts a process into the group.
    ///
    /// # Errors
    /// If the host may not move it: it must be allowed to write to `cgroup.procs` of the group
    /// that both are beneath.
    pub(super) fn add(&self, process: u32) -> io::Result<()> {
        self.write("cgroup.procs", &process.to_string())
    }

    /// From now on there may be so many bytes more than there are.
    pub(super) fn limit_memory(&self, more: u64) -> io::Result<()> {
        let current = fs::read_to_string(self.folder.join("memory.current"))?;
        let current: u64 = current.trim().parse().map_err(io::Error::other)?;
        let most = current.saturating_add(more).saturating_add(OWN_GROWTH);
        self.write("memory.max", &most.to_string())
    }

    /// Whether the kernel has ended a process of the group because there was no memory for it.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let events = fs::read_to_string(self.folder.join("memory.events")).unwrap_or_default();
        let mut kills = events
            .lines()
            .filter_map(|line| line.strip_prefix("oom_kill "));
        kills.any(|count| count != "0")
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        fs::write(self.folder.join(file), text)
    }
}

impl Drop for ControlGroup {
    fn drop(&mut self) {
        /// How often a group is tried to be removed whose processes are still ending.
        const ATTEMPTS: u32 = 100;
        const PAUSE: Duration = Duration::from_millis(1);
        // Its process has ended. Without filters of system calls it may have started others.
        let _ = self.write("cgroup.kill", "1");
        for _ in 0..ATTEMPTS {
            match fs::remove_dir(&self.folder) {
                Err(error) if error.raw_os_error() == Some(libc::EBUSY) => thread::sleep(PAUSE),
                _ => return,
            }
        }
    }
}

/// Whether `folder` is one of control groups of version 2.
fn is_version_two(folder: &Path) -> io::Result<bool> {
    let path = std::ffi::CString::new(folder.as_os_str().as_bytes())?;
    let mut system = std::mem::MaybeUninit::<libc::statfs>::uninit();
    // SAFETY: the call reads a string that ends with a zero, and writes the structure.
    if unsafe { libc::statfs(path.as_ptr(), system.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call has succeeded, so the structure is written.
    let system = unsafe { system.assume_init() };
    Ok(system.f_type == libc::CGROUP2_SUPER_MAGIC)
}

/// Has a group pass its controllers on to the groups beneath, if it does not yet.
fn pass_on(group: &Path) -> io::Result<()> {
    let path = group.join("cgroup.subtree_control");
    let passed = fs::read_to_string(&path)?;
    let passed: Vec<&str> = passed.split_whitespace().collect();
    for name in CONTROLLERS {
        if !passed.contains(&name) {
            fs::write(&path, format!("+{name}"))
                .map_err(|error| io::Error::other(format!("no controller {name:?}: {error}")))?;
        }
    }
    Ok(())
}

/// Removes the groups of hosts that were killed: their processes have ended with them.
fn remove_abandoned(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let host = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let host = host.and_then(|rest| rest.split_once('-'));
        let host: Option<u32> = host.and_then(|(host, _)| host.parse().ok());
        if host.is_some_and(|host| !Path::new(&format!("/proc/{host}")).exists()) {
            // A group that something is in cannot be removed.
            let _ = fs::remove_dir(entry.path());
        }
    }
}
