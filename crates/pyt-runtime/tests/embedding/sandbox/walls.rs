//! What a program in a sandbox cannot reach, also with native code: `ctypes` makes any system call.

use std::{fs, time::Duration};

use pyt_runtime::{
    Crash, ErrorKind, Limits, Runtime,
    sandbox::{Sandbox, SandboxedRuntime},
};
use pyt_test::{Scratch, deadline::within};

use super::{small, with};

/// Names for attempts: `call(number, ...)` makes a system call and returns the name of its error,
/// or `None`.
const TOOLS: &str = "
import ctypes, errno, os, sys
libc = ctypes.CDLL(None)
libc.syscall.restype = ctypes.c_long
def call(number, *args):
    args = [ctypes.c_char_p(a) if isinstance(a, bytes) else ctypes.c_long(a) for a in args]
    result = libc.syscall(ctypes.c_long(number), *args)
    if result != -1:
        return None
    location = libc.__errno_location
    location.restype = ctypes.POINTER(ctypes.c_int)
    return errno.errorcode.get(location()[0], '?')
def refused(function, *args, **kwargs):
    try:
        value = function(*args, **kwargs)
    except OSError:
        return
    except (ImportError, AttributeError, NotImplementedError, ValueError):
        return
    raise AssertionError(f'{function} {args} returned {value!r}')
class May:
    # The functions of os, of which some are not there.
    def __getattr__(self, name):
        def absent(*args): raise NotImplementedError(name)
        return getattr(os, name, absent)
may = May()
";

fn sandbox(sandbox: Sandbox) -> SandboxedRuntime {
    let limits = Limits::new().wall(Duration::from_secs(60));
    let sandbox = with(Runtime::builder().limits(limits), sandbox)
        .build()
        .unwrap();
    sandbox.exec(TOOLS).unwrap();
    sandbox
}

/// System calls by their numbers.
macro_rules! calls {
    ($sandbox:expr, $($name:ident ($($arg:expr),*))*) => {$({
        let arguments: Vec<String> = vec![$(($arg).to_string()),*];
        let arguments = arguments.join(", ");
        let call = format!("call({}, {arguments})", libc::$name);
        let error: Option<String> = $sandbox.eval(&call).unwrap();
        let error = error.unwrap_or_else(|| "success".to_owned());
        assert!(
            error == "EPERM" || error == "ENOSYS",
            "{}({arguments}): {error}",
            stringify!($name),
        );
    })*};
}

#[test]
fn no_file_can_be_named() {
    within("no files", || {
        let sandbox = sandbox(small());
        sandbox
            .exec(
                "
for path in ['/etc/passwd', '/', '/proc/self/environ', '/dev/null', '/tmp', '/proc/1/root']:
    for function in [open, os.stat, os.lstat, os.listdir, os.readlink, os.chdir, os.remove,
                     os.mkdir, os.rmdir, os.scandir, os.unlink]:
        refused(function, path)
    assert not os.path.exists(path)
refused(open, '/tmp/pyt-sandbox-made', 'w')
refused(may.symlink, '/etc/passwd', '/tmp/pyt-sandbox-link')
refused(may.link, '/etc/passwd', '/tmp/pyt-sandbox-link')
refused(may.chmod, '/etc/passwd', 0o777)
refused(may.chown, '/etc/passwd', 0, 0)
refused(may.utime, '/etc/passwd')
refused(may.truncate, '/etc/passwd', 0)
refused(may.rename, '/etc/passwd', '/etc/passwd2')
refused(may.mkfifo, '/tmp/pyt-sandbox-fifo')
",
            )
            .unwrap();
        let parent = std::process::id();
        let path = format!("/proc/{parent}/mem");
        let refused =
            format!("refused(open, {path:?}, 'rb'); refused(open, '/proc/{parent}/environ')");
        sandbox.exec(&refused).unwrap();
        calls! { sandbox,
            SYS_openat(-100, "b'/etc/passwd'", 0, 0)
            SYS_statx(-100, "b'/etc/passwd'", 0, 0, "b' ' * 256")
            SYS_execve("b'/bin/true'", 0, 0)
            SYS_execveat(-100, "b'/bin/true'", 0, 0, 0)
            SYS_mount("b'x'", "b'/tmp'", "b'tmpfs'", 0, 0)
            SYS_chroot("b'/tmp'")
            SYS_pivot_root("b'/'", "b'/'")
            SYS_open_by_handle_at(0, "b' ' * 64", 0)
            SYS_name_to_handle_at(-100, "b'/etc'", "b' ' * 64", "b' ' * 64", 0)
            SYS_openat2(-100, "b'/etc/passwd'", "b' ' * 24", 24)
            SYS_memfd_create("b'x'", 0)
            SYS_io_uring_setup(8, "b' ' * 256")
            SYS_inotify_init1(0)
            SYS_fanotify_init(0, 0)
            SYS_swapon("b'/x'", 0)
            SYS_setxattr("b'/tmp'", "b'user.x'", "b'x'", 1, 0)
            SYS_utimensat(-100, "b'/tmp'", 0, 0)
        }
    });
}

#[test]
fn only_granted_files_can_be_opened_and_changed() {
    within("grants", || {
        let scratch = Scratch::new();
        let (shown, open) = (scratch.path().join("shown"), scratch.path().join("open"));
        let hidden = scratch.path().join("hidden");
        for folder in [&shown, &open, &hidden] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("file"), "text").unwrap();
            fs::write(folder.join("module.py"), "value = 5").unwrap();
        }
        std::os::unix::fs::symlink(&hidden, shown.join("out")).unwrap();
        std::os::unix::fs::symlink(hidden.join("file"), open.join("out")).unwrap();
        let grants = small().read(&shown).write(&open).file_size(1 << 20);
        let builder = Runtime::builder().search_path(shown.to_string_lossy());
        let sandbox = with(builder, grants).build().unwrap();
        sandbox.exec(TOOLS).unwrap();
        for (name, path) in [("shown", &shown), ("open_", &open), ("hidden", &hidden)] {
            sandbox.set(name, path.to_str().unwrap()).unwrap();
        }
        sandbox
            .exec(
                "
import module
assert module.value == 5
assert open(shown + '/file').read() == 'text'
assert sorted(os.listdir(shown)) == ['file', 'module.py', 'out'], os.listdir(shown)
assert os.path.exists(shown + '/file')
for mode in ['w', 'a', 'r+', 'x']:
    refused(open, shown + '/file', mode)
refused(open, shown + '/new', 'w')
refused(may.remove, shown + '/file')
refused(may.rename, shown + '/file', open_ + '/moved')
refused(may.mkdir, shown + '/d')
refused(may.truncate, shown + '/file', 0)
with open(open_ + '/new', 'w') as f: f.write('made')
os.mkdir(open_ + '/d')
os.rename(open_ + '/new', open_ + '/d/moved')
assert open(open_ + '/d/moved').read() == 'made'
os.remove(open_ + '/d/moved')
os.rmdir(open_ + '/d')
for path in [hidden + '/file', shown + '/out/file', open_ + '/out', open_ + '/../hidden/file',
             '/etc/passwd', '/proc/self/mem', '/proc/self/environ', '/dev/mem', '/dev/tty']:
    for mode in ['r', 'a']:
        refused(open, path, mode)
refused(may.listdir, hidden)
refused(may.listdir, '/')
refused(may.truncate, hidden + '/file', 0)
refused(may.remove, hidden + '/file')
refused(may.rename, hidden + '/file', open_ + '/stolen')
refused(may.rename, open_ + '/file', hidden + '/given')
refused(may.link, hidden + '/file', open_ + '/stolen')
refused(may.symlink, hidden + '/file', open_ + '/link')
refused(may.chmod, hidden + '/file', 0o777)
refused(may.utime, hidden + '/file')
refused(may.mkfifo, open_ + '/fifo')
refused(may.chroot, open_)
",
            )
            .unwrap();
        assert_eq!(fs::read_to_string(hidden.join("file")).unwrap(), "text");
        assert_eq!(fs::read_to_string(shown.join("file")).unwrap(), "text");
        // A file that becomes too long ends the process.
        let long =
            "f = open(open_ + '/long', 'wb')\nwhile True: f.write(bytes(1 << 20)); f.flush()";
        let error = sandbox.exec(long).unwrap_err();
        let is_signal = error.crash().and_then(Crash::signal) == Some(libc::SIGXFSZ);
        assert!(is_signal || error.type_name() == "OSError", "{error:?}");
        assert!(fs::metadata(open.join("long")).unwrap().len() <= 1 << 20);
    });
}

#[test]
fn nothing_is_sent_and_no_process_started() {
    within("network and processes", || {
        let sandbox = sandbox(small());
        sandbox
            .exec(
                "
import socket
for family in [socket.AF_INET, socket.AF_INET6, socket.AF_UNIX, 16, 17]:
    refused(socket.socket, family, socket.SOCK_STREAM)
    refused(socket.socket, family, socket.SOCK_DGRAM)
refused(socket.create_connection, ('127.0.0.1', 80))
refused(socket.getaddrinfo, 'localhost', 80)
a, b = socket.socketpair()
a.send(b'x'); assert b.recv(1) == b'x'
refused(may.fork)
refused(may.system, 'true') if os.system('true') == 0 else None
import subprocess
refused(subprocess.run, ['/bin/true'])
refused(may.execv, '/bin/true', ['true'])
refused(may.posix_spawn, '/bin/true', ['true'], {})
import asyncio
async def main(): await asyncio.sleep(0.01); return 5
assert asyncio.run(main()) == 5
import threading
t = threading.Thread(target=lambda: None); t.start(); t.join()
",
            )
            .unwrap();
        calls! { sandbox,
            SYS_socket(2, 1, 0)
            SYS_socket(1, 1, 0)
            SYS_socketpair(2, 1, 0, "b' ' * 8")
            SYS_connect(3, "b' ' * 16", 16)
            SYS_bind(3, "b' ' * 16", 16)
            SYS_listen(3, 1)
            SYS_accept4(3, 0, 0, 0)
            SYS_clone(17, 0, 0, 0, 0)
            SYS_clone(0x1000_0000, 0, 0, 0, 0)
            SYS_clone(0x11_0000 | 0x4000_0000, 0, 0, 0, 0)
            SYS_clone3("b' ' * 88", 88)
            SYS_unshare(0x1000_0000)
            SYS_setns(0, 0)
            SYS_bpf(0, "b' ' * 64", 64)
            SYS_perf_event_open("b' ' * 64", 0, -1, -1, 0)
            SYS_userfaultfd(0)
            SYS_keyctl(0, 0, 0, 0, 0)
            SYS_shmget(0, 4096, 0o1600)
            SYS_mq_open("b'/x'", 0o100, 0o600, 0)
        }
        // The older ways of one architecture: by its numbers for 32-bit programs.
        #[cfg(target_arch = "x86_64")]
        {
            calls! { sandbox, SYS_fork() SYS_vfork() }
            let error: Option<String> = sandbox.eval("call(0x40000000 + 41, 2, 1, 0)").unwrap();
            assert!(error.is_some());
        }
    });
}

#[test]
fn the_host_and_other_processes_cannot_be_touched() {
    within("other processes", || {
        let sandbox = sandbox(small());
        let host = std::process::id();
        sandbox.set("host", host).unwrap();
        sandbox.set("SYS_fcntl", libc::SYS_fcntl).unwrap();
        sandbox
            .exec(
                "
import fcntl, signal
assert os.getppid() == host
refused(may.kill, host, 0)
refused(may.kill, -1, 0)
refused(may.kill, 0, 0)
refused(may.kill, 1, 0)
refused(may.setpriority, 0, host, 5)
refused(may.sched_setaffinity, host, {0})
import resource
refused(resource.prlimit, host, resource.RLIMIT_NOFILE, (1, 1)) if hasattr(resource, 'prlimit') else 0
refused(resource.setrlimit, resource.RLIMIT_CORE, (0, 0))
a, b = os.pipe()
F_SETOWN, F_SETSIG, F_SETOWN_EX, F_NOTIFY, F_SETLEASE = 8, 10, 15, 1026, 1024
assert call(SYS_fcntl, a, F_SETOWN, host) == 'EPERM'
assert call(SYS_fcntl, a, F_SETSIG, 9) == 'EPERM'
assert call(SYS_fcntl, 3, F_SETOWN, host) == 'EPERM'
assert call(SYS_fcntl, 3, F_SETOWN_EX, b' ' * 8) == 'EPERM'
",
            )
            .unwrap();
        let own = sandbox.process_id();
        calls! { sandbox,
            SYS_ptrace(16, host, 0, 0)
            SYS_ptrace(0, 0, 0, 0)
            SYS_process_vm_readv(host, 0, 0, 0, 0, 0)
            SYS_process_vm_writev(host, 0, 0, 0, 0, 0)
            SYS_kcmp(host, host, 0, 0, 0)
            SYS_pidfd_open(host, 0)
            SYS_pidfd_open(own, 0)
            SYS_pidfd_getfd(3, 0, 0)
            SYS_pidfd_send_signal(3, 0, 0, 0)
            SYS_tkill(host, 0)
            SYS_tgkill(host, host, 0)
            SYS_kill(host, 0)
            SYS_rt_sigqueueinfo(host, 0, "b' ' * 128")
            SYS_rt_tgsigqueueinfo(host, host, 0, "b' ' * 128")
            SYS_prlimit64(host, 7, "b' ' * 16", 0)
            SYS_prlimit64(0, 7, "b' ' * 16", 0)
            SYS_setrlimit(7, "b' ' * 16")
            SYS_prctl(1, 0, 0, 0, 0)
            SYS_prctl(4, 1, 0, 0, 0)
            SYS_prctl(22, 0, 0, 0, 0)
            SYS_capset("b' ' * 8", "b' ' * 24")
            SYS_setuid(1)
            SYS_setresuid(1, 1, 1)
            SYS_setgroups(0, 0)
            SYS_setpgid(0, 0)
            SYS_setsid()
            SYS_ioctl(3, 0x8901, "b' ' * 4")
            SYS_getsockopt(3, 1, 77, "b' ' * 4", "b' ' * 4")
            SYS_getsockopt(3, 1, 17, "b' ' * 12", "b' ' * 4")
            SYS_setpriority(0, host, 5)
            SYS_sched_setscheduler(host, 0, "b' ' * 4")
            SYS_timer_create(0, 0, "b' ' * 8")
            SYS_reboot(0, 0, 0, 0)
            SYS_sethostname("b'x'", 1)
            SYS_settimeofday(0, 0)
            SYS_mmap(0, 4096, 3, 0x21, -1, 0)
            SYS_mmap(0, 4096, 3, 0x122, -1, 0)
            SYS_mmap(0, 1 << 21, 3, 0x40022, -1, 0)
            SYS_seccomp(1, 0, 0)
        }
        // Its own signals are its own matter.
        let error = sandbox.exec("os.kill(os.getpid(), 9)").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Crashed);
        assert_eq!(error.crash().unwrap().signal(), Some(9));
    });
}

#[test]
fn nothing_of_the_host_s_is_there() {
    within("what is inherited", || {
        // A file of the host's that programs which it starts would get.
        let file = fs::File::open("/etc/passwd").unwrap();
        let leaked = unsafe_dup(&file);
        let sandbox = sandbox(small());
        sandbox
            .exec(
                "
found = []
for fd in range(64):
    try: os.fstat(fd)
    except OSError: continue
    found.append(fd)
assert found == [0, 1, 2, 3], found
assert os.read(0, 1) == b''
assert dict(os.environ) == {'HOME': '/'}, os.environ
assert os.getcwd() == '/'
# Modules that look at the system when they are imported.
import mmap, ssl, sqlite3, asyncio, multiprocessing, ctypes, platform, locale, tempfile
import resource
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
",
            )
            .unwrap();
        drop(leaked);
    });
}

/// A file descriptor that programs inherit.
fn unsafe_dup(file: &fs::File) -> std::os::fd::OwnedFd {
    use std::os::fd::{AsRawFd as _, FromRawFd as _};
    // SAFETY: the new descriptor is in no other hands.
    unsafe {
        let made = libc::dup(file.as_raw_fd());
        assert!(made > 2);
        std::os::fd::OwnedFd::from_raw_fd(made)
    }
}

#[test]
fn bombs_are_bounded() {
    within("bombs", || {
        let files = sandbox(small());
        let code =
            "n = 0\ntry:\n  while True: os.pipe(); n += 2\nexcept OSError: pass\nassert n < 64, n";
        files.exec(code).unwrap();
        let limits = || Limits::new().wall(Duration::from_secs(30));
        for code in [
            // Threads of Python's, and native ones.
            "import threading\nwhile True: threading.Thread(target=threading.Event().wait, daemon=True).start()",
            "import ctypes\nlibc = ctypes.CDLL(None)\nt = ctypes.c_ulong()\npause = ctypes.cast(libc.pause, ctypes.c_void_p)\nwhile libc.pthread_create(ctypes.byref(t), None, pause, None) == 0: pass\nraise OSError",
            // Memory in pieces, of the C library's, and in one.
            "x = []\nwhile True: x.append(bytes(100000))",
            "import ctypes\nlibc = ctypes.CDLL(None)\nlibc.malloc.restype = ctypes.c_void_p\nwhile True:\n  p = libc.malloc(1 << 20)\n  if not p: break\n  ctypes.memset(p, 1, 1 << 20)\nraise MemoryError",
            "x = 'x'\nwhile True: x += x",
        ] {
            let builder = Runtime::builder().limits(limits());
            let sandbox = with(builder, small().memory(64 << 20).threads(8))
                .build()
                .unwrap();
            let error = sandbox.exec(code).unwrap_err();
            let is_typed = matches!(
                error.kind(),
                ErrorKind::Limit(_) | ErrorKind::Crashed | ErrorKind::Exception
            );
            assert!(is_typed, "{code}: {error:?}");
            assert_ne!(
                error.kind(),
                ErrorKind::Limit(pyt_runtime::Limit::Wall(Duration::from_secs(30))),
                "{code}"
            );
        }
    });
}
