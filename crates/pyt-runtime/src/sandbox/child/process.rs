//! What makes a process a sandbox's: it dies with the host, keeps no file of the host's, and has
//! limits that it cannot raise.

use std::{
    fs::File,
    io,
    os::{
        fd::{AsRawFd as _, FromRawFd as _, OwnedFd},
        unix::net::UnixStream,
    },
};

use crate::sandbox::policy::Confinement;

/// Where the socket to the host is.
const SOCKET: i32 = 3;

/// The stack of each thread that Python starts, unless the host sets another.
const DEFAULT_STACK: u64 = 8 << 20;

/// How much address space may be reserved beyond what may be used: allocators reserve in advance.
const RESERVED: u64 = 4 << 30;

/// How much memory the interpreter and pyt's own threads may take beyond what is measured when the
/// program begins.
const OWN_GROWTH: u64 = 16 << 20;

fn checked(result: i32) -> io::Result<()> {
    match result {
        0.. => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Ends the process when the host ends, and forbids others to look into it.
///
/// # Errors
/// If the host, whose process number is `host`, has ended already.
pub(super) fn bind_to_host(host: u32) -> io::Result<()> {
    // Where memory runs out, the system is to end this process rather than the host's. Some systems
    // forbid to say so.
    let _ = std::fs::write("/proc/self/oom_score_adj", "1000");
    // SAFETY: these calls change settings of the own process, and pass no pointers.
    unsafe {
        checked(libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL, 0, 0, 0))?;
        checked(libc::prctl(libc::PR_SET_DUMPABLE, 0, 0, 0, 0))?;
        checked(libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))?;
    }
    if std::os::unix::process::parent_id() != host {
        return Err(io::Error::other("the host has ended"));
    }
    drop_capabilities()?;
    std::env::set_current_dir("/")
}

/// Takes away what a process of root may do beyond others.
fn drop_capabilities() -> io::Result<()> {
    /// Sets of 64 capabilities.
    const VERSION: u32 = 0x2008_0522;
    // The version and the process, 0 for the own; then effective, permitted and inheritable ones,
    // twice.
    let header = [VERSION, 0];
    let none = [0_u32; 6];
    // SAFETY: the call reads arrays that live until it returns, of the lengths of that version.
    let result = unsafe { libc::syscall(libc::SYS_capset, header.as_ptr(), none.as_ptr()) };
    match result {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// The socket that the host passed as standard input. It is moved away from there, and all other
/// files except standard output and standard error are closed.
///
/// # Errors
/// If standard input is no socket.
pub(super) fn take_socket() -> io::Result<UnixStream> {
    let null = File::open("/dev/null")?;
    // SAFETY: nothing in this process uses file descriptors from 3 on yet: the program has just
    // begun. `null` is replaced or closed here, and forgotten below.
    let socket = unsafe {
        checked(libc::dup2(0, SOCKET))?;
        if null.as_raw_fd() == SOCKET {
            checked(libc::close(0))?;
            checked(libc::open(c"/dev/null".as_ptr(), libc::O_RDONLY))?;
        } else {
            checked(libc::dup2(null.as_raw_fd(), 0))?;
        }
        let first = libc::c_uint::try_from(SOCKET + 1).unwrap_or(0);
        checked(libc::close_range(first, libc::c_uint::MAX, 0))?;
        OwnedFd::from_raw_fd(SOCKET)
    };
    std::mem::forget(null);
    let socket = UnixStream::from(socket);
    socket.local_addr()?;
    Ok(socket)
}

/// Sets both the limit and its ceiling.
fn limit(resource: libc::__rlimit_resource_t, most: u64) -> io::Result<()> {
    let mut limit = libc::rlimit {
        rlim_cur: 0,
        rlim_max: 0,
    };
    // SAFETY: the calls read and write this structure only.
    unsafe {
        checked(libc::getrlimit(resource, &raw mut limit))?;
        let most = most.min(limit.rlim_max);
        limit = libc::rlimit {
            rlim_cur: most,
            rlim_max: most,
        };
        checked(libc::setrlimit(resource, &raw const limit))
    }
}

/// The limits that hold from the beginning.
pub(super) fn limit_files(confinement: &Confinement) -> io::Result<()> {
    limit(libc::RLIMIT_CORE, 0)?;
    limit(libc::RLIMIT_MEMLOCK, 0)?;
    limit(libc::RLIMIT_MSGQUEUE, 0)?;
    limit(libc::RLIMIT_FSIZE, confinement.file_size)?;
    limit(libc::RLIMIT_NOFILE, confinement.open_files)
}

/// Where the system tells what memory the process has. Open it before files are out of reach.
pub(super) fn open_status() -> io::Result<File> {
    File::open("/proc/self/status")
}

/// Limits the memory to what is in use now and what the program may have.
pub(super) fn limit_memory(
    mut status: File,
    confinement: &Confinement,
    stack: Option<usize>,
) -> io::Result<()> {
    let status = io::read_to_string(&mut status)?;
    let used = |name: &str| {
        let mut lines = status.lines();
        let number = lines.find_map(|line| line.strip_prefix(name));
        let number = number.and_then(|rest| rest.trim_start_matches(':').trim().split(' ').next());
        number.and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) << 10
    };
    let stack = stack.map_or(DEFAULT_STACK, |bytes| bytes as u64);
    let stacks = (confinement.threads as u64).saturating_mul(stack);
    let more = confinement
        .memory
        .saturating_add(stacks)
        .saturating_add(OWN_GROWTH);
    limit(libc::RLIMIT_DATA, used("VmData").saturating_add(more))?;
    let space = used("VmSize").saturating_add(more).saturating_add(RESERVED);
    limit(libc::RLIMIT_AS, space)
}

/// How many threads the process has.
pub(super) fn threads() -> io::Result<usize> {
    Ok(std::fs::read_dir("/proc/self/task")?.count())
}
