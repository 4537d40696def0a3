//! A sandbox's process, from the outside: started, measured, stopped, ended.

use std::{
    fs::File,
    io,
    os::{
        fd::{FromRawFd as _, OwnedFd},
        unix::{
            fs::FileExt as _,
            net::UnixStream,
            process::{CommandExt as _, ExitStatusExt as _},
        },
    },
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        OnceLock,
        mpsc::{self, Sender},
    },
    thread,
    time::Duration,
};

use parking_lot::Mutex;
use pyt_vm::deadlock::CONTROL_THREAD;

use super::control_group::ControlGroup;
use crate::sandbox::{
    policy::Sandbox,
    protocol::{CHILD_VARIABLE, VERSION},
};

/// How much a process may write to its standard error in its life, in bytes.
const STDERR_SIZE: i64 = 64 << 10;

/// A process, which ends when this is dropped.
pub(super) struct Process {
    child: Mutex<Child>,
    id: u32,
    stderr: File,
    statistics: File,
    // Dropped after the process has ended.
    group: Option<ControlGroup>,
}

/// What a process uses at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) threads: usize,
    /// Resident memory, in bytes.
    pub(super) resident: u64,
}

impl Process {
    /// Starts a process, and returns it with the host's end of the socket.
    pub(super) fn start(sandbox: &Sandbox) -> io::Result<(Self, UnixStream)> {
        let (socket, theirs) = UnixStream::pair()?;
        socket.set_nonblocking(true)?;
        let stderr = bounded_file()?;
        let program = match &sandbox.program {
            Some(path) => path.clone(),
            None => PathBuf::from("/proc/self/exe"),
        };
        let mut command = Command::new(program);
        command
            .args(&sandbox.arguments)
            // Signals of a terminal are for the host, which decides what comes of its sandboxes.
            .process_group(0)
            .env_clear()
            .env(CHILD_VARIABLE, format!("{VERSION}:{}", std::process::id()))
            // The allocator of `pyt` must not have memory in advance that no limit counts.
            .env("MIMALLOC_ARENA_EAGER_COMMIT", "0")
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::null())
            .stderr(stderr.try_clone()?);
        let child = spawn(command)?;
        let id = child.id();
        let statistics = File::open(format!("/proc/{id}/stat"))?;
        let process = Self {
            child: Mutex::new(child),
            id,
            stderr,
            statistics,
            group: None,
        };
        Ok((process, socket))
    }

    /// Puts the process into a control group of its own beneath `parent`.
    ///
    /// # Errors
    /// If that is not possible. Then it is in the host's.
    pub(super) fn join_group(&mut self, parent: &Path, threads: usize) -> io::Result<()> {
        let group = ControlGroup::create(parent, threads)?;
        group.add(self.id)?;
        self.group = Some(group);
        Ok(())
    }

    /// From now on the process may have so much more memory than it has, if it is in a group.
    pub(super) fn limit_memory(&self, more: u64) -> io::Result<()> {
        let group = self.group.as_ref();
        group.map_or(Ok(()), |group| group.limit_memory(more))
    }

    /// Whether the kernel has ended the process because its group had no more memory.
    pub(super) fn ran_out_of_memory(&self) -> bool {
        let group = self.group.as_ref();
        group.is_some_and(ControlGroup::ran_out_of_memory)
    }

    pub(super) const fn id(&self) -> u32 {
        self.id
    }

    /// What the process has written to its standard error.
    pub(super) fn stderr(&self) -> String {
        let mut bytes = vec![0; usize::try_from(STDERR_SIZE).unwrap_or(0)];
        let length = self.stderr.read_at(&mut bytes, 0).unwrap_or(0);
        let written = bytes[..length].iter().rposition(|byte| *byte != 0);
        let written = &bytes[..written.map_or(0, |last| last + 1)];
        String::from_utf8_lossy(written).into_owned()
    }

    /// Ends the process at once, without waiting until it has ended.
    pub(super) fn send_kill(&self) {
        // It fails if the process has been waited for already.
        let _ = self.child.lock().kill();
    }

    /// Ends the process at once, and returns how it ended: perhaps by itself before.
    pub(super) fn kill(&self) -> Option<ExitStatus> {
        let mut child = self.child.lock();
        // It fails if the process has been waited for already.
        let _ = child.kill();
        child.wait().ok()
    }

    /// How the process ended, if it does within a moment; else ends it.
    pub(super) fn end(&self) -> Option<ExitStatus> {
        /// How long a process that has closed its socket may take to end.
        const END_TIMEOUT: Duration = Duration::from_millis(50);
        const STEP: Duration = Duration::from_millis(1);
        let mut waited = Duration::ZERO;
        while waited < END_TIMEOUT {
            match self.child.lock().try_wait() {
                Ok(Some(status)) => return Some(status),
                Ok(None) => {}
                Err(_) => return None,
            }
            thread::sleep(STEP);
            waited += STEP;
        }
        self.kill()
    }

    /// Stops the process's threads (`SIGSTOP`), until it is [resumed](Self::resume).
    pub(super) fn pause(&self) {
        self.signal(libc::SIGSTOP);
    }

    pub(super) fn resume(&self) {
        self.signal(libc::SIGCONT);
    }

    fn signal(&self, signal: i32) {
        let mut child = self.child.lock();
        if let Ok(None) = child.try_wait()
            && let Ok(id) = i32::try_from(self.id)
        {
            // SAFETY: a call without pointers. No other code waits for the process, so the number
            // is still its own.
            unsafe { libc::kill(id, signal) };
        }
    }

    /// The processor time of all threads of the process since its beginning.
    pub(super) fn cpu_time(&self) -> Duration {
        // As `clock_getcpuclockid` has it: the inverted number of the process, and 2 for the time
        // that the scheduler counts.
        let Ok(id) = i32::try_from(self.id) else {
            return Duration::ZERO;
        };
        let clock = (!id << 3) | 2;
        let mut time = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: the call writes this structure only.
        let result = unsafe { libc::clock_gettime(clock, &raw mut time) };
        if result != 0 {
            return Duration::ZERO;
        }
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    }

    pub(super) fn usage(&self) -> Usage {
        const PAGE: u64 = 4096;
        // Fields are counted from the one after the command's name, which may have any characters.
        const THREADS: usize = 17;
        const RESIDENT: usize = 21;
        let mut bytes = [0; 1024];
        let length = self.statistics.read_at(&mut bytes, 0).unwrap_or(0);
        let text = String::from_utf8_lossy(&bytes[..length]);
        let fields = text.rsplit_once(") ").map_or("", |(_, fields)| fields);
        let mut fields = fields.split(' ');
        let threads = fields.nth(THREADS).and_then(|field| field.parse().ok());
        let resident = fields.nth(RESIDENT - THREADS - 1);
        let resident: Option<u64> = resident.and_then(|field| field.parse().ok());
        Usage {
            threads: threads.unwrap_or(0),
            resident: resident.unwrap_or(0) * PAGE,
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// The number of the signal that ended a process, and the status that it ended itself with.
pub(super) fn ending(status: Option<ExitStatus>) -> (Option<i32>, Option<i32>) {
    status.map_or((None, None), |status| (status.signal(), status.code()))
}

/// A file in memory that never becomes longer: a process cannot fill the memory with it.
fn bounded_file() -> io::Result<File> {
    let checked = |result: i32| match result {
        0.. => Ok(result),
        _ => Err(io::Error::last_os_error()),
    };
    // SAFETY: the name is a C string, and the descriptor is in no other hands.
    let file = unsafe {
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        let made = checked(libc::memfd_create(c"pyt-sandbox".as_ptr(), flags))?;
        OwnedFd::from_raw_fd(made)
    };
    let file = File::from(file);
    file.set_len(u64::try_from(STDERR_SIZE).unwrap_or(0))?;
    let seals = libc::F_SEAL_GROW | libc::F_SEAL_SHRINK | libc::F_SEAL_SEAL;
    // SAFETY: a call without pointers, on a file that is open.
    checked(unsafe {
        libc::fcntl(
            std::os::fd::AsRawFd::as_raw_fd(&file),
            libc::F_ADD_SEALS,
            seals,
        )
    })?;
    Ok(file)
}

/// A process to start, and where the answer goes.
type Order = (Command, Sender<io::Result<Child>>);

/// Starts a process on a thread that lives as long as the host: the kernel ends a process that is
/// bound to its parent when the *thread* ends that started it.
fn spawn(command: Command) -> io::Result<Child> {
    static SPAWNER: OnceLock<Mutex<Sender<Order>>> = OnceLock::new();
    let spawner = match SPAWNER.get() {
        Some(spawner) => spawner,
        None => {
            let (orders, work) = mpsc::channel::<Order>();
            thread::Builder::new()
                .name(CONTROL_THREAD.to_owned())
                .spawn(move || {
                    for (mut command, answer) in work {
                        // Who ordered it waits for the answer.
                        let _ = answer.send(command.spawn());
                    }
                })?;
            // If another thread was faster, this one's spawner ends.
            SPAWNER.get_or_init(|| Mutex::new(orders))
        }
    };
    let (answer, answered) = mpsc::channel();
    let gone = |_| io::Error::other("the thread that starts processes has ended");
    let sent = spawner.lock().send((command, answer));
    sent.map_err(|_| io::Error::other("the thread that starts processes has ended"))?;
    answered.recv().map_err(gone)?
}
