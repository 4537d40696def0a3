//! Which system calls a confined process may make: a list, with conditions on arguments. All others
//! fail with `EPERM`.
//!
//! What the list must not have: anything that starts a program or a process, opens a socket, names
//! another process or thread, makes memory that the limits do not count, or changes a file that is
//! not granted. Landlock decides about opening, creating and removing files; what it does not look
//! at (modes, owners, times, links) is not on the list.

use std::collections::BTreeMap;

use libc::c_long;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch,
};

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

#[cfg(target_arch = "x86_64")]
const ARCHITECTURE: TargetArch = TargetArch::x86_64;
#[cfg(target_arch = "aarch64")]
const ARCHITECTURE: TargetArch = TargetArch::aarch64;

/// Calls that name no file, whatever their arguments.
const ALWAYS: &[c_long] = &[
    libc::SYS_read,
    libc::SYS_write,
    libc::SYS_readv,
    libc::SYS_writev,
    libc::SYS_pread64,
    libc::SYS_pwrite64,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_close_range,
    libc::SYS_fstat,
    libc::SYS_dup,
    libc::SYS_dup3,
    libc::SYS_pipe2,
    libc::SYS_ppoll,
    libc::SYS_pselect6,
    libc::SYS_epoll_create1,
    libc::SYS_epoll_ctl,
    libc::SYS_epoll_pwait,
    libc::SYS_eventfd2,
    libc::SYS_sendto,
    libc::SYS_recvfrom,
    libc::SYS_sendmsg,
    libc::SYS_recvmsg,
    libc::SYS_shutdown,
    libc::SYS_getsockname,
    libc::SYS_getpeername,
    libc::SYS_munmap,
    libc::SYS_mprotect,
    libc::SYS_mremap,
    libc::SYS_madvise,
    libc::SYS_brk,
    libc::SYS_futex,
    libc::SYS_set_robust_list,
    libc::SYS_rseq,
    libc::SYS_set_tid_address,
    // Another filter answers that there is no such call, and the C library takes `clone`.
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_restart_syscall,
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_rt_sigpending,
    libc::SYS_rt_sigsuspend,
    libc::SYS_rt_sigtimedwait,
    libc::SYS_sigaltstack,
    libc::SYS_sched_yield,
    libc::SYS_sched_getaffinity,
    libc::SYS_getcpu,
    libc::SYS_getpid,
    libc::SYS_gettid,
    libc::SYS_getppid,
    libc::SYS_getuid,
    libc::SYS_geteuid,
    libc::SYS_getgid,
    libc::SYS_getegid,
    libc::SYS_getgroups,
    libc::SYS_clock_gettime,
    libc::SYS_clock_getres,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_gettimeofday,
    libc::SYS_times,
    libc::SYS_getrusage,
    libc::SYS_getrandom,
    libc::SYS_uname,
    libc::SYS_sysinfo,
    libc::SYS_membarrier,
    libc::SYS_umask,
    libc::SYS_getcwd,
];

/// The same, by the older calls that the architecture has.
#[cfg(target_arch = "x86_64")]
const ALWAYS_OLD: &[c_long] = &[
    libc::SYS_dup2,
    libc::SYS_pipe,
    libc::SYS_poll,
    libc::SYS_select,
    libc::SYS_epoll_create,
    libc::SYS_epoll_wait,
    libc::SYS_time,
    libc::SYS_getpgrp,
];
#[cfg(not(target_arch = "x86_64"))]
const ALWAYS_OLD: &[c_long] = &[];

/// Calls that name files, for a process that has any.
const WITH_FILES: &[c_long] = &[
    libc::SYS_openat,
    libc::SYS_newfstatat,
    libc::SYS_statx,
    libc::SYS_faccessat,
    libc::SYS_faccessat2,
    libc::SYS_readlinkat,
    libc::SYS_getdents64,
    libc::SYS_fstatfs,
    libc::SYS_chdir,
    libc::SYS_fchdir,
    libc::SYS_flock,
    libc::SYS_fadvise64,
];

#[cfg(target_arch = "x86_64")]
const WITH_FILES_OLD: &[c_long] = &[
    libc::SYS_open,
    libc::SYS_stat,
    libc::SYS_lstat,
    libc::SYS_access,
    libc::SYS_readlink,
];
#[cfg(not(target_arch = "x86_64"))]
const WITH_FILES_OLD: &[c_long] = &[];

/// Calls that change files, for a process that may. Landlock decides which files.
const WITH_WRITABLE_FILES: &[c_long] = &[
    libc::SYS_ftruncate,
    libc::SYS_truncate,
    libc::SYS_fallocate,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_renameat2,
    libc::SYS_unlinkat,
    libc::SYS_mkdirat,
    libc::SYS_sendfile,
    libc::SYS_copy_file_range,
];

#[cfg(target_arch = "x86_64")]
const WITH_WRITABLE_FILES_OLD: &[c_long] = &[
    libc::SYS_creat,
    libc::SYS_rename,
    libc::SYS_renameat,
    libc::SYS_unlink,
    libc::SYS_mkdir,
    libc::SYS_rmdir,
];
#[cfg(not(target_arch = "x86_64"))]
const WITH_WRITABLE_FILES_OLD: &[c_long] = &[libc::SYS_renameat];

/// What a thread of the same process is made with, and none of the flags that make more: processes,
/// namespaces, handles.
const CLONE_MASK: i32 = libc::CLONE_THREAD
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUSER
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_PTRACE
    | libc::CLONE_PIDFD;

/// What memory must not be: shared, a stack that grows, or of huge pages. No limit counts those.
const MAP_MASK: i32 = libc::MAP_TYPE | libc::MAP_GROWSDOWN | libc::MAP_HUGETLB;

/// What `fcntl` may do. Not: make the kernel send signals to other processes (`F_SETOWN`).
const FCNTL: &[i32] = &[
    libc::F_DUPFD,
    libc::F_DUPFD_CLOEXEC,
    libc::F_GETFD,
    libc::F_SETFD,
    libc::F_GETFL,
    libc::F_SETFL,
    libc::F_GETLK,
    libc::F_SETLK,
    libc::F_SETLKW,
];

/// What `prctl` may do: names of threads; and the system's facts about the own process, which a
/// library asks for late.
const PRCTL: &[i32] = &[libc::PR_SET_NAME, libc::PR_GET_NAME, PR_GET_AUXV];

const PR_GET_AUXV: i32 = 0x4155_5856;

/// What `ioctl` may do. Not: `FIOSETOWN`, which is `F_SETOWN` again, and what devices offer.
const IOCTL: &[u64] = &[
    libc::FIONREAD,
    libc::FIONBIO,
    libc::FIOCLEX,
    libc::FIONCLEX,
    libc::TCGETS,
];

/// What can be asked of a local socket. Not: who is at its other end, which is the host.
const SOCKET_OPTIONS: &[i32] = &[
    libc::SO_ERROR,
    libc::SO_TYPE,
    libc::SO_DOMAIN,
    libc::SO_PROTOCOL,
    libc::SO_ACCEPTCONN,
    libc::SO_SNDBUF,
    libc::SO_RCVBUF,
];

/// Whether the kernel offers filters.
pub(in crate::sandbox) fn is_offered() -> bool {
    const SECCOMP_GET_ACTION_AVAIL: libc::c_uint = 2;
    let action: u32 = libc::SECCOMP_RET_ERRNO;
    // SAFETY: the call reads a number that lives until it returns.
    let answer = unsafe {
        libc::syscall(
            libc::SYS_seccomp,
            SECCOMP_GET_ACTION_AVAIL,
            0,
            std::ptr::from_ref(&action),
        )
    };
    answer == 0
}

/// Which files the process may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Files {
    None,
    Readable,
    Writable,
}

/// Restricts all threads of the process from now on.
pub(super) fn apply(files: Files) -> Result<(), seccompiler::Error> {
    // The strictest answer of all filters counts. The first allows to apply the second.
    for program in [without_clone3()?, allowed(files)?] {
        seccompiler::apply_filter_all_threads(&program)?;
    }
    Ok(())
}

fn allowed(files: Files) -> Result<BpfProgram, seccompiler::Error> {
    let mut rules = Rules::new();
    let mut lists = vec![ALWAYS, ALWAYS_OLD];
    if files >= Files::Readable {
        lists.extend([WITH_FILES, WITH_FILES_OLD]);
    }
    if files >= Files::Writable {
        lists.extend([WITH_WRITABLE_FILES, WITH_WRITABLE_FILES_OLD]);
    }
    for call in lists.into_iter().flatten() {
        rules.insert(*call, Vec::new());
    }
    conditions(&mut rules)?;
    let refused = SeccompAction::Errno(libc::EPERM.cast_unsigned());
    let filter = SeccompFilter::new(rules, refused, SeccompAction::Allow, ARCHITECTURE)?;
    Ok(filter.try_into()?)
}

/// Calls that may be made with some arguments only.
fn conditions(rules: &mut Rules) -> Result<(), seccompiler::Error> {
    let own = u64::from(std::process::id());
    let number = |value: i32| u64::from(value.cast_unsigned());
    let masked = |mask: i32| SeccompCmpOp::MaskedEq(number(mask));
    rules.insert(
        libc::SYS_clone,
        vec![rule([(0, masked(CLONE_MASK), number(libc::CLONE_THREAD))])?],
    );
    rules.insert(
        libc::SYS_mmap,
        vec![rule([(3, masked(MAP_MASK), number(libc::MAP_PRIVATE))])?],
    );
    // Signals go to the process itself.
    for call in [libc::SYS_kill, libc::SYS_tgkill] {
        rules.insert(call, vec![rule([(0, SeccompCmpOp::Eq, own)])?]);
    }
    let mut one_of = |call: c_long, argument: u8, values: Vec<u64>| {
        let values = values.into_iter();
        let each = values.map(|value| rule([(argument, SeccompCmpOp::Eq, value)]));
        let each: Result<Vec<_>, _> = each.collect();
        rules.insert(call, each?);
        Ok::<(), seccompiler::Error>(())
    };
    one_of(
        libc::SYS_fcntl,
        1,
        FCNTL.iter().copied().map(number).collect(),
    )?;
    one_of(libc::SYS_ioctl, 1, IOCTL.to_vec())?;
    one_of(libc::SYS_socketpair, 0, vec![number(libc::AF_UNIX)])?;
    one_of(
        libc::SYS_prctl,
        0,
        PRCTL.iter().copied().map(number).collect(),
    )?;
    let mut options = Vec::new();
    for option in SOCKET_OPTIONS {
        options.push(rule([
            (1, SeccompCmpOp::Eq, number(libc::SOL_SOCKET)),
            (2, SeccompCmpOp::Eq, number(*option)),
        ])?);
    }
    rules.insert(libc::SYS_getsockopt, options);
    // To ask for the own limits, not to set any.
    let own_limits = SeccompRule::new(vec![
        condition(0, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, 0)?,
        condition(2, SeccompCmpArgLen::Qword, SeccompCmpOp::Eq, 0)?,
    ])?;
    rules.insert(libc::SYS_prlimit64, vec![own_limits]);
    Ok(())
}

/// A rule of conditions on arguments of 32 bits, which all must hold.
fn rule<const COUNT: usize>(
    conditions: [(u8, SeccompCmpOp, u64); COUNT],
) -> Result<SeccompRule, seccompiler::Error> {
    let conditions = conditions.into_iter();
    let conditions = conditions
        .map(|(argument, op, value)| condition(argument, SeccompCmpArgLen::Dword, op, value));
    let conditions: Result<Vec<_>, seccompiler::Error> = conditions.collect();
    Ok(SeccompRule::new(conditions?)?)
}

fn condition(
    argument: u8,
    length: SeccompCmpArgLen,
    op: SeccompCmpOp,
    value: u64,
) -> Result<SeccompCondition, seccompiler::Error> {
    Ok(SeccompCondition::new(argument, length, op, value)?)
}

/// `clone3` does not exist: its flags are in memory, where no filter sees them.
fn without_clone3() -> Result<BpfProgram, seccompiler::Error> {
    let rules = Rules::from([(libc::SYS_clone3, Vec::new())]);
    let absent = SeccompAction::Errno(libc::ENOSYS.cast_unsigned());
    let filter = SeccompFilter::new(rules, SeccompAction::Allow, absent, ARCHITECTURE)?;
    Ok(filter.try_into()?)
}
