//! Calls of the operating system, as `posix` has them.
//!
//! `access` asks the system. Upstream's computes an answer from the file's owner, group and mode:
//! wrong for root, for lists of access rights, and for file systems that cannot be written. `utime`
//! takes the number of an open file, which upstream's refuses.

pub(crate) use posix::module_def;

#[rustpython_vm::pymodule]
mod posix {
    use std::{ffi::CString, io, os::unix::ffi::OsStrExt};

    use rustpython_vm::{
        AsObject, FromArgs, Py, PyObject, PyObjectRef, PyPayload, PyResult, TryFromObject,
        VirtualMachine,
        builtins::{PyBaseExceptionRef, PyFloat, PySet, PyStr, PyTuple},
        convert::{IntoPyException, ToPyObject},
        function::{ArgBytesLike, ArgMemoryBuffer, FsPath, OptionalArg},
        pyclass, pystruct_sequence, pystruct_sequence_data,
        stdlib::_io::Fildes,
        types::PyStructSequence,
    };

    #[pyattr]
    use libc::{
        EFD_CLOEXEC, EFD_NONBLOCK, EFD_SEMAPHORE, MFD_ALLOW_SEALING, MFD_CLOEXEC, MFD_HUGETLB,
        POSIX_FADV_DONTNEED, POSIX_FADV_NOREUSE, POSIX_FADV_NORMAL, POSIX_FADV_RANDOM,
        POSIX_FADV_SEQUENTIAL, POSIX_FADV_WILLNEED, RWF_APPEND, RWF_DSYNC, RWF_HIPRI, RWF_NOWAIT,
        RWF_SYNC, WEXITED, WNOWAIT, WSTOPPED, XATTR_CREATE, XATTR_REPLACE,
    };

    #[pyattr]
    const XATTR_SIZE_MAX: i32 = 65536;
    #[pyattr]
    const P_ALL: u32 = libc::P_ALL;
    #[pyattr]
    const P_PID: u32 = libc::P_PID;
    #[pyattr]
    const P_PGID: u32 = libc::P_PGID;
    #[pyattr]
    const P_PIDFD: u32 = libc::P_PIDFD;
    #[pyattr]
    const CLD_EXITED: i32 = libc::CLD_EXITED;
    #[pyattr]
    const CLD_KILLED: i32 = libc::CLD_KILLED;
    #[pyattr]
    const CLD_DUMPED: i32 = libc::CLD_DUMPED;
    #[pyattr]
    const CLD_TRAPPED: i32 = libc::CLD_TRAPPED;
    #[pyattr]
    const CLD_STOPPED: i32 = libc::CLD_STOPPED;
    #[pyattr]
    const CLD_CONTINUED: i32 = libc::CLD_CONTINUED;

    type Fails<T> = Result<T, PyBaseExceptionRef>;

    fn last_error(vm: &VirtualMachine) -> PyBaseExceptionRef {
        io::Error::last_os_error().into_pyexception(vm)
    }

    /// Calls the system until no signal interrupts it, outside of the interpreter.
    fn retried(vm: &VirtualMachine, mut call: impl FnMut() -> isize) -> Fails<isize> {
        loop {
            let (result, error) = vm.allow_threads(|| {
                let result = call();
                (result, io::Error::last_os_error())
            });
            if result >= 0 {
                return Ok(result);
            }
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error.into_pyexception(vm));
            }
            vm.check_signals()?;
        }
    }

    fn done(vm: &VirtualMachine, result: i32) -> PyResult<()> {
        if result < 0 {
            Err(last_error(vm))
        } else {
            Ok(())
        }
    }

    fn c_text(text: &[u8], vm: &VirtualMachine) -> Fails<CString> {
        CString::new(text).map_err(|_| vm.new_value_error("embedded null byte"))
    }

    fn c_path(path: PyObjectRef, vm: &VirtualMachine) -> Fails<CString> {
        let path = FsPath::try_from_path_like(path, true, vm)?;
        c_text(path.as_os_str(vm)?.as_bytes(), vm)
    }

    #[derive(FromArgs)]
    struct AccessArgs {
        #[pyarg(any)]
        path: PyObjectRef,
        #[pyarg(any)]
        mode: i32,
        #[pyarg(named, default)]
        dir_fd: Option<i32>,
        #[pyarg(named, default = false)]
        effective_ids: bool,
        #[pyarg(named, default = true)]
        follow_symlinks: bool,
    }

    /// Use the real uid/gid to test for access to a path.
    #[pyfunction]
    fn access(args: AccessArgs, vm: &VirtualMachine) -> PyResult<bool> {
        let path = c_path(args.path, vm)?;
        let folder = args.dir_fd.unwrap_or(libc::AT_FDCWD);
        let mut flags = 0;
        if args.effective_ids {
            flags |= libc::AT_EACCESS;
        }
        if !args.follow_symlinks {
            flags |= libc::AT_SYMLINK_NOFOLLOW;
        }
        // SAFETY: the path is a C string that lives through the call.
        let result = vm
            .allow_threads(|| unsafe { libc::faccessat(folder, path.as_ptr(), args.mode, flags) });
        Ok(result == 0)
    }

    #[derive(FromArgs)]
    struct UtimeArgs {
        #[pyarg(any)]
        path: PyObjectRef,
        #[pyarg(any, default)]
        times: Option<PyObjectRef>,
        #[pyarg(named, optional)]
        ns: OptionalArg<PyObjectRef>,
        #[pyarg(named, default)]
        dir_fd: Option<i32>,
        #[pyarg(named, default = true)]
        follow_symlinks: bool,
    }

    /// Nanoseconds in a second.
    const SECOND: i64 = 1_000_000_000;

    /// Set the access and modified time of path.
    #[pyfunction]
    fn utime(args: UtimeArgs, vm: &VirtualMachine) -> PyResult<()> {
        let times = match (args.times, args.ns) {
            (Some(_), OptionalArg::Present(_)) => {
                let both = "utime: you may specify either 'times' or 'ns' but not both";
                return Err(vm.new_value_error(both));
            }
            (Some(times), OptionalArg::Missing) => {
                let kind = "utime: 'times' must be either a tuple of two ints or None";
                Some(pair(&times, kind, vm)?.try_map(|time| seconds(time, vm))?)
            }
            (None, OptionalArg::Present(times)) => {
                let kind = "utime: 'ns' must be a tuple of two ints";
                Some(pair(&times, kind, vm)?.try_map(|time| nanoseconds(time, vm))?)
            }
            (None, OptionalArg::Missing) => None,
        };
        let times = times.map(|times| times.0);
        let times = times
            .as_ref()
            .map_or(std::ptr::null(), |times| times.as_ptr());
        let folder = args.dir_fd.unwrap_or(libc::AT_FDCWD);
        let result = match file(args.path.clone(), args.follow_symlinks, "utime", vm)? {
            File::Open(_) if args.dir_fd.is_some() => {
                let text = "utime: can't specify dir_fd without matching path";
                return Err(vm.new_value_error(text));
            }
            // SAFETY: no times, or two that live through the call.
            File::Open(number) => unsafe { libc::futimens(number, times) },
            File::Named(path, follows) => {
                let flags = if follows {
                    0
                } else {
                    libc::AT_SYMLINK_NOFOLLOW
                };
                // SAFETY: as above, and the path is a C string that lives through the call.
                unsafe { libc::utimensat(folder, path.as_ptr(), times, flags) }
            }
        };
        if result == 0 {
            return Ok(());
        }
        Err(error_of(args.path, vm)?)
    }

    /// Two of a kind.
    struct Pair<T>([T; 2]);

    impl<T> Pair<T> {
        fn try_map<R>(self, read: impl Fn(T) -> PyResult<R>) -> PyResult<Pair<R>> {
            let [first, second] = self.0;
            Ok(Pair([read(first)?, read(second)?]))
        }
    }

    fn pair(object: &PyObject, kind: &str, vm: &VirtualMachine) -> PyResult<Pair<PyObjectRef>> {
        let tuple: Option<&Py<PyTuple>> = object.downcast_ref();
        match tuple.map(Py::as_slice) {
            Some([first, second]) => Ok(Pair([first.clone(), second.clone()])),
            _ => Err(vm.new_type_error(kind.to_owned())),
        }
    }

    /// A time in seconds, as an integer or a float; of a float, what is below a nanosecond is cut
    /// off.
    fn seconds(time: PyObjectRef, vm: &VirtualMachine) -> PyResult<libc::timespec> {
        let Some(float) = time.downcast_ref::<PyFloat>() else {
            let tv_sec = time.try_index(vm)?.try_to_primitive(vm)?;
            return Ok(libc::timespec { tv_sec, tv_nsec: 0 });
        };
        let float = float.to_f64();
        if float.is_nan() {
            return Err(vm.new_value_error("Invalid value NaN (not a number)"));
        }
        let whole = float.floor();
        if whole < i64::MIN as f64 || whole >= i64::MAX as f64 {
            return Err(vm.new_overflow_error("timestamp out of range for platform time_t"));
        }
        let below = ((float - whole) * SECOND as f64).floor();
        #[expect(
            clippy::cast_possible_truncation,
            reason = "both are whole, and in range"
        )]
        let (tv_sec, tv_nsec) = (whole as i64, below as i64);
        Ok(libc::timespec { tv_sec, tv_nsec })
    }

    fn nanoseconds(time: PyObjectRef, vm: &VirtualMachine) -> PyResult<libc::timespec> {
        let time: i64 = time.try_index(vm)?.try_to_primitive(vm)?;
        Ok(libc::timespec {
            tv_sec: time.div_euclid(SECOND),
            tv_nsec: time.rem_euclid(SECOND),
        })
    }

    /// Return the set of CPUs the process with the given PID (or the current process if zero) is
    /// restricted to.
    #[pyfunction]
    fn sched_getaffinity(pid: i32, vm: &VirtualMachine) -> PyResult {
        // SAFETY: a set of CPUs is plain numbers, for which all zeros are valid.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: the set is of the size that is given, and lives through the call.
        done(vm, unsafe {
            libc::sched_getaffinity(pid, size, &raw mut set)
        })?;
        let cpus = PySet::default().into_ref(&vm.ctx);
        for cpu in 0..usize::try_from(libc::CPU_SETSIZE).unwrap_or(0) {
            // SAFETY: the number is below the size of the set.
            if unsafe { libc::CPU_ISSET(cpu, &set) } {
                cpus.add(vm.ctx.new_int(cpu).into(), vm)?;
            }
        }
        Ok(cpus.into())
    }

    /// Set the CPU affinity of the process identified by pid to mask.
    #[pyfunction]
    fn sched_setaffinity(pid: i32, mask: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: as above.
        let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
        let cpus: Vec<PyObjectRef> = mask.try_to_value(vm)?;
        for cpu in cpus {
            let cpu: i64 = cpu.try_index(vm)?.try_to_primitive(vm)?;
            let cpu =
                usize::try_from(cpu).map_err(|_| vm.new_value_error("negative CPU number"))?;
            if cpu >= usize::try_from(libc::CPU_SETSIZE).unwrap_or(0) {
                return Err(vm.new_overflow_error("CPU number too large"));
            }
            // SAFETY: the number is below the size of the set.
            unsafe { libc::CPU_SET(cpu, &mut set) };
        }
        let size = size_of::<libc::cpu_set_t>();
        // SAFETY: the set is of the size that is given, and lives through the call.
        done(vm, unsafe {
            libc::sched_setaffinity(pid, size, &raw const set)
        })
    }

    #[derive(FromArgs)]
    struct MkfifoArgs {
        #[pyarg(any)]
        path: PyObjectRef,
        #[pyarg(any, default = 0o666)]
        mode: u32,
        #[pyarg(named, default)]
        dir_fd: Option<i32>,
    }

    /// Create a "fifo" (a POSIX named pipe).
    #[pyfunction]
    fn mkfifo(args: MkfifoArgs, vm: &VirtualMachine) -> PyResult<()> {
        let path = c_path(args.path, vm)?;
        let folder = args.dir_fd.unwrap_or(libc::AT_FDCWD);
        retried(vm, || {
            // SAFETY: the path is a C string that lives through the call.
            unsafe { libc::mkfifoat(folder, path.as_ptr(), args.mode) as isize }
        })
        .map(drop)
    }

    fn buffers_to_fill(buffers: PyObjectRef, vm: &VirtualMachine) -> Fails<Vec<ArgMemoryBuffer>> {
        let buffers: Vec<PyObjectRef> = buffers.try_to_value(vm)?;
        let buffers = buffers.into_iter();
        buffers
            .map(|buffer| ArgMemoryBuffer::try_from_object(vm, buffer))
            .collect()
    }

    /// Reads into a buffer of our own, since the program's must not be locked meanwhile.
    fn read_into(
        buffers: PyObjectRef,
        vm: &VirtualMachine,
        mut read: impl FnMut(&libc::iovec) -> isize,
    ) -> PyResult<usize> {
        let buffers = buffers_to_fill(buffers, vm)?;
        let length = buffers.iter().map(ArgMemoryBuffer::len).sum();
        let mut bytes = vm.new_zeroed_bytes(length)?;
        let target = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: length,
        };
        let count = retried(vm, || read(&target))?.cast_unsigned();
        let mut left = &bytes[..count.min(length)];
        for buffer in &buffers {
            let mut buffer = buffer.borrow_buf_mut();
            let count = left.len().min(buffer.len());
            buffer[..count].copy_from_slice(&left[..count]);
            left = &left[count..];
        }
        Ok(count)
    }

    fn write_from(
        buffers: PyObjectRef,
        vm: &VirtualMachine,
        mut write: impl FnMut(&libc::iovec) -> isize,
    ) -> PyResult<usize> {
        let buffers: Vec<PyObjectRef> = buffers.try_to_value(vm)?;
        let mut bytes = Vec::new();
        for buffer in buffers {
            bytes.extend_from_slice(&ArgBytesLike::try_from_object(vm, buffer)?.borrow_buf());
        }
        let source = libc::iovec {
            iov_base: bytes.as_mut_ptr().cast(),
            iov_len: bytes.len(),
        };
        Ok(retried(vm, || write(&source))?.cast_unsigned())
    }

    /// Read from a file descriptor fd into an iterable of buffers.
    #[pyfunction]
    fn readv(fd: Fildes, buffers: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        // SAFETY: one buffer that lives through the call.
        read_into(buffers, vm, |target| unsafe {
            libc::readv(fd.0, target, 1)
        })
    }

    /// Iterate over buffers, and write the contents of each to a file descriptor.
    #[pyfunction]
    fn writev(fd: Fildes, buffers: PyObjectRef, vm: &VirtualMachine) -> PyResult<usize> {
        // SAFETY: one buffer that lives through the call.
        write_from(buffers, vm, |source| unsafe {
            libc::writev(fd.0, source, 1)
        })
    }

    /// Reads from a file descriptor into a number of mutable bytes-like objects.
    #[pyfunction]
    fn preadv(
        fd: Fildes,
        buffers: PyObjectRef,
        offset: i64,
        flags: OptionalArg<i32>,
        vm: &VirtualMachine,
    ) -> PyResult<usize> {
        let flags = flags.unwrap_or(0);
        read_into(buffers, vm, |target| {
            // SAFETY: one buffer that lives through the call.
            unsafe { libc::preadv2(fd.0, target, 1, offset, flags) }
        })
    }

    /// Writes the contents of bytes-like objects to a file descriptor at a given offset.
    #[pyfunction]
    fn pwritev(
        fd: Fildes,
        buffers: PyObjectRef,
        offset: i64,
        flags: OptionalArg<i32>,
        vm: &VirtualMachine,
    ) -> PyResult<usize> {
        let flags = flags.unwrap_or(0);
        write_from(buffers, vm, |source| {
            // SAFETY: one buffer that lives through the call.
            unsafe { libc::pwritev2(fd.0, source, 1, offset, flags) }
        })
    }

    #[derive(FromArgs)]
    struct MemfdArgs {
        #[pyarg(any)]
        name: PyObjectRef,
        #[pyarg(any, default = libc::MFD_CLOEXEC)]
        flags: u32,
    }

    #[pyfunction]
    fn memfd_create(args: MemfdArgs, vm: &VirtualMachine) -> PyResult<i32> {
        let name = c_path(args.name, vm)?;
        // SAFETY: the name is a C string that lives through the call.
        let fd = unsafe { libc::memfd_create(name.as_ptr(), args.flags) };
        done(vm, fd)?;
        Ok(fd)
    }

    #[derive(FromArgs)]
    struct EventfdArgs {
        #[pyarg(any)]
        initval: u32,
        #[pyarg(any, default = libc::EFD_CLOEXEC)]
        flags: i32,
    }

    /// Creates and returns an event notification file descriptor.
    #[pyfunction]
    fn eventfd(args: EventfdArgs, vm: &VirtualMachine) -> PyResult<i32> {
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::eventfd(args.initval, args.flags) };
        done(vm, fd)?;
        Ok(fd)
    }

    /// Read eventfd value
    #[pyfunction]
    fn eventfd_read(fd: Fildes, vm: &VirtualMachine) -> PyResult<u64> {
        let mut value = 0;
        // SAFETY: the value lives through the call.
        retried(vm, || unsafe {
            libc::eventfd_read(fd.0, &raw mut value) as isize
        })?;
        Ok(value)
    }

    /// Write eventfd value.
    #[pyfunction]
    fn eventfd_write(fd: Fildes, value: u64, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes numbers only.
        retried(vm, || unsafe { libc::eventfd_write(fd.0, value) as isize }).map(drop)
    }

    fn number(vm: &VirtualMachine, error: i32) -> PyResult<()> {
        match error {
            0 => Ok(()),
            error => Err(io::Error::from_raw_os_error(error).into_pyexception(vm)),
        }
    }

    /// Ensure a file has allocated at least a particular number of bytes on disk.
    #[pyfunction]
    fn posix_fallocate(fd: Fildes, offset: i64, length: i64, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes numbers only.
        number(
            vm,
            vm.allow_threads(|| unsafe { libc::posix_fallocate(fd.0, offset, length) }),
        )
    }

    /// Announce an intention to access data in a specific pattern.
    #[pyfunction]
    fn posix_fadvise(
        fd: Fildes,
        offset: i64,
        length: i64,
        advice: i32,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        // SAFETY: takes numbers only.
        let advise = || unsafe { libc::posix_fadvise(fd.0, offset, length, advice) };
        number(vm, vm.allow_threads(advise))
    }

    /// Force write of fd to disk without forcing update of metadata.
    #[pyfunction]
    fn fdatasync(fd: Fildes, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes a number only.
        retried(vm, || unsafe { libc::fdatasync(fd.0) as isize }).map(drop)
    }

    /// Apply, test or remove a POSIX lock on an open file descriptor.
    #[pyfunction]
    fn lockf(fd: Fildes, command: i32, length: i64, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes numbers only.
        retried(vm, || unsafe {
            libc::lockf(fd.0, command, length) as isize
        })
        .map(drop)
    }

    /// A file: by its descriptor, or by its path.
    enum File {
        Open(i32),
        Named(CString, bool),
    }

    fn file(
        path: PyObjectRef,
        follow_symlinks: bool,
        function: &str,
        vm: &VirtualMachine,
    ) -> Fails<File> {
        if path.fast_isinstance(vm.ctx.types.int_type) {
            if !follow_symlinks {
                let text = format!("{function}: cannot use fd and follow_symlinks together");
                return Err(vm.new_value_error(text));
            }
            return Ok(File::Open(path.try_to_value(vm)?));
        }
        Ok(File::Named(c_path(path, vm)?, follow_symlinks))
    }

    /// The error of the last call, with what names the file.
    fn error_of(path: PyObjectRef, vm: &VirtualMachine) -> Fails<PyBaseExceptionRef> {
        let error = last_error(vm);
        let name = if path.fast_isinstance(vm.ctx.types.int_type) {
            path
        } else {
            FsPath::try_from_path_like(path, true, vm)?.to_pyobject(vm)
        };
        error.as_object().set_attr("filename", name, vm)?;
        Ok(error)
    }

    #[derive(FromArgs)]
    struct XattrArgs {
        #[pyarg(any)]
        path: PyObjectRef,
        #[pyarg(any)]
        attribute: PyObjectRef,
        #[pyarg(named, default = true)]
        follow_symlinks: bool,
    }

    /// The largest value of an attribute, and list of names.
    const XATTR_BUFFER: usize = 65536;

    /// Return the value of extended attribute attribute on path.
    #[pyfunction]
    fn getxattr(args: XattrArgs, vm: &VirtualMachine) -> PyResult {
        let file = file(args.path.clone(), args.follow_symlinks, "getxattr", vm)?;
        let name = c_path(args.attribute, vm)?;
        let mut value = vec![0_u8; XATTR_BUFFER];
        let (target, size, name) = (value.as_mut_ptr().cast(), value.len(), name.as_ptr());
        // SAFETY: the strings and the buffer of this size live through the calls.
        let count = unsafe {
            match &file {
                File::Open(fd) => libc::fgetxattr(*fd, name, target, size),
                File::Named(path, true) => libc::getxattr(path.as_ptr(), name, target, size),
                File::Named(path, false) => libc::lgetxattr(path.as_ptr(), name, target, size),
            }
        };
        if count < 0 {
            return Err(error_of(args.path, vm)?);
        }
        value.truncate(count.cast_unsigned());
        Ok(vm.ctx.new_bytes(value).into())
    }

    #[derive(FromArgs)]
    struct SetxattrArgs {
        #[pyarg(any)]
        path: PyObjectRef,
        #[pyarg(any)]
        attribute: PyObjectRef,
        #[pyarg(any)]
        value: ArgBytesLike,
        #[pyarg(any, default = 0)]
        flags: i32,
        #[pyarg(named, default = true)]
        follow_symlinks: bool,
    }

    /// Set extended attribute attribute on path to value.
    #[pyfunction]
    fn setxattr(args: SetxattrArgs, vm: &VirtualMachine) -> PyResult<()> {
        let file = file(args.path.clone(), args.follow_symlinks, "setxattr", vm)?;
        let name = c_path(args.attribute, vm)?;
        let value = args.value.borrow_buf().to_vec();
        let (source, size, name) = (value.as_ptr().cast(), value.len(), name.as_ptr());
        let flags = args.flags;
        // SAFETY: the strings and the buffer of this size live through the calls.
        let result = unsafe {
            match &file {
                File::Open(fd) => libc::fsetxattr(*fd, name, source, size, flags),
                File::Named(path, true) => libc::setxattr(path.as_ptr(), name, source, size, flags),
                File::Named(path, false) => {
                    libc::lsetxattr(path.as_ptr(), name, source, size, flags)
                }
            }
        };
        if result < 0 {
            return Err(error_of(args.path, vm)?);
        }
        Ok(())
    }

    /// Remove extended attribute attribute on path.
    #[pyfunction]
    fn removexattr(args: XattrArgs, vm: &VirtualMachine) -> PyResult<()> {
        let file = file(args.path.clone(), args.follow_symlinks, "removexattr", vm)?;
        let name = c_path(args.attribute, vm)?;
        // SAFETY: the strings live through the calls.
        let result = unsafe {
            match &file {
                File::Open(fd) => libc::fremovexattr(*fd, name.as_ptr()),
                File::Named(path, true) => libc::removexattr(path.as_ptr(), name.as_ptr()),
                File::Named(path, false) => libc::lremovexattr(path.as_ptr(), name.as_ptr()),
            }
        };
        if result < 0 {
            return Err(error_of(args.path, vm)?);
        }
        Ok(())
    }

    #[derive(FromArgs)]
    struct ListxattrArgs {
        #[pyarg(any, default)]
        path: Option<PyObjectRef>,
        #[pyarg(named, default = true)]
        follow_symlinks: bool,
    }

    /// Return a list of extended attributes on path.
    #[pyfunction]
    fn listxattr(args: ListxattrArgs, vm: &VirtualMachine) -> PyResult {
        let path = args.path.unwrap_or_else(|| vm.ctx.new_str(".").into());
        let file = file(path.clone(), args.follow_symlinks, "listxattr", vm)?;
        let mut names = vec![0_u8; XATTR_BUFFER];
        let (target, size) = (names.as_mut_ptr().cast(), names.len());
        // SAFETY: the path and the buffer of this size live through the calls.
        let count = unsafe {
            match &file {
                File::Open(fd) => libc::flistxattr(*fd, target, size),
                File::Named(path, true) => libc::listxattr(path.as_ptr(), target, size),
                File::Named(path, false) => libc::llistxattr(path.as_ptr(), target, size),
            }
        };
        if count < 0 {
            return Err(error_of(path, vm)?);
        }
        names.truncate(count.cast_unsigned());
        let names = names
            .split(|byte| *byte == 0)
            .filter(|name| !name.is_empty());
        let names = names.map(|name| vm.fsdecode(std::ffi::OsStr::from_bytes(name)).into());
        Ok(vm.ctx.new_list(names.collect()).into())
    }

    /// Returns the result of waiting for a process or processes: a tuple of its fields, or None.
    #[pyfunction]
    fn waitid(idtype: u32, id: u32, options: i32, vm: &VirtualMachine) -> PyResult {
        // SAFETY: plain numbers, for which all zeros are valid.
        let mut found: libc::siginfo_t = unsafe { std::mem::zeroed() };
        // SAFETY: what is filled lives through the call.
        retried(vm, || unsafe {
            libc::waitid(idtype, id, &raw mut found, options) as isize
        })?;
        // SAFETY: filled for a child, or zero.
        let (pid, uid, status) = unsafe { (found.si_pid(), found.si_uid(), found.si_status()) };
        if pid == 0 {
            return Ok(vm.ctx.none());
        }
        let found = ChildState {
            si_pid: pid,
            si_uid: uid,
            si_signo: found.si_signo,
            si_status: status,
            si_code: found.si_code,
        };
        Ok(found.to_pyobject(vm))
    }

    #[expect(clippy::struct_field_names, reason = "the names are CPython's")]
    #[pystruct_sequence_data]
    struct ChildState {
        si_pid: i32,
        si_uid: u32,
        si_signo: i32,
        si_status: i32,
        si_code: i32,
    }

    #[pyattr]
    #[pystruct_sequence(name = "waitid_result", module = "posix", data = "ChildState")]
    struct PyWaitidResult;

    #[pyclass(with(PyStructSequence))]
    impl PyWaitidResult {}

    /// Extracts a device major number from a raw device number.
    #[pyfunction]
    fn major(device: u64) -> u32 {
        libc::major(device)
    }

    /// Extracts a device minor number from a raw device number.
    #[pyfunction]
    fn minor(device: u64) -> u32 {
        libc::minor(device)
    }

    /// Composes a raw device number from the major and minor device numbers.
    #[pyfunction]
    fn makedev(major: u32, minor: u32) -> u64 {
        libc::makedev(major, minor)
    }

    /// Return the round-robin quantum for the process identified by pid, in seconds.
    #[pyfunction]
    fn sched_rr_get_interval(pid: i32, vm: &VirtualMachine) -> PyResult<f64> {
        let mut interval = libc::timespec {
            tv_sec: 0,
            tv_nsec: 0,
        };
        // SAFETY: what is filled lives through the call.
        done(vm, unsafe {
            libc::sched_rr_get_interval(pid, &raw mut interval)
        })?;
        Ok(seconds_of(&interval))
    }

    fn seconds_of(time: &libc::timespec) -> f64 {
        time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
    }

    fn nanoseconds_of(time: &libc::timespec) -> i64 {
        time.tv_sec * 1_000_000_000 + time.tv_nsec
    }

    fn time_of(nanoseconds: i64) -> libc::timespec {
        libc::timespec {
            tv_sec: nanoseconds.div_euclid(1_000_000_000),
            tv_nsec: nanoseconds.rem_euclid(1_000_000_000),
        }
    }

    #[pyattr]
    use libc::{TFD_CLOEXEC, TFD_NONBLOCK, TFD_TIMER_ABSTIME, TFD_TIMER_CANCEL_ON_SET};

    #[derive(FromArgs)]
    struct TimerfdArgs {
        #[pyarg(positional)]
        clockid: i32,
        #[pyarg(named, default = libc::TFD_CLOEXEC)]
        flags: i32,
    }

    /// Create and return a timer file descriptor.
    #[pyfunction]
    fn timerfd_create(args: TimerfdArgs, vm: &VirtualMachine) -> PyResult<i32> {
        // SAFETY: takes numbers only.
        let fd = unsafe { libc::timerfd_create(args.clockid, args.flags) };
        done(vm, fd)?;
        Ok(fd)
    }

    #[derive(FromArgs)]
    struct TimerArgs {
        #[pyarg(positional)]
        fd: Fildes,
        #[pyarg(named, default = 0)]
        flags: i32,
        #[pyarg(named, default)]
        initial: Option<PyObjectRef>,
        #[pyarg(named, default)]
        interval: Option<PyObjectRef>,
    }

    type Times = (libc::timespec, libc::timespec);

    /// Sets a timer. Returns the interval and the time to the next expiration before.
    fn set_timer(fd: &Fildes, flags: i32, times: Times, vm: &VirtualMachine) -> Fails<Times> {
        let next = libc::itimerspec {
            it_value: times.0,
            it_interval: times.1,
        };
        let mut before = libc::itimerspec {
            it_interval: time_of(0),
            it_value: time_of(0),
        };
        // SAFETY: both live through the call.
        done(vm, unsafe {
            libc::timerfd_settime(fd.0, flags, &raw const next, &raw mut before)
        })?;
        Ok((before.it_value, before.it_interval))
    }

    fn get_timer(fd: &Fildes, vm: &VirtualMachine) -> Fails<Times> {
        let mut now = libc::itimerspec {
            it_interval: time_of(0),
            it_value: time_of(0),
        };
        // SAFETY: what is filled lives through the call.
        done(vm, unsafe { libc::timerfd_gettime(fd.0, &raw mut now) })?;
        Ok((now.it_value, now.it_interval))
    }

    fn nanoseconds_given(
        given: Option<PyObjectRef>,
        is_seconds: bool,
        vm: &VirtualMachine,
    ) -> Fails<i64> {
        let Some(given) = given else {
            return Ok(0);
        };
        if !is_seconds {
            return given.try_index(vm)?.try_to_primitive(vm);
        }
        let seconds = given.try_float(vm)?.to_f64() * 1e9;
        if seconds.is_finite() && seconds.abs() < i64::MAX as f64 {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the number was just compared"
            )]
            return Ok(seconds.round() as i64);
        }
        Err(vm.new_value_error("Invalid value NaN (not a number)"))
    }

    fn settime(args: TimerArgs, is_seconds: bool, vm: &VirtualMachine) -> Fails<Times> {
        let initial = nanoseconds_given(args.initial, is_seconds, vm)?;
        let interval = nanoseconds_given(args.interval, is_seconds, vm)?;
        let times = (time_of(initial), time_of(interval));
        set_timer(&args.fd, args.flags, times, vm)
    }

    /// Alter a timer file descriptor's internal timer in seconds.
    #[pyfunction]
    fn timerfd_settime(args: TimerArgs, vm: &VirtualMachine) -> PyResult<(f64, f64)> {
        let (next, interval) = settime(args, true, vm)?;
        Ok((seconds_of(&next), seconds_of(&interval)))
    }

    /// Alter a timer file descriptor's internal timer in nanoseconds.
    #[pyfunction]
    fn timerfd_settime_ns(args: TimerArgs, vm: &VirtualMachine) -> PyResult<(i64, i64)> {
        let (next, interval) = settime(args, false, vm)?;
        Ok((nanoseconds_of(&next), nanoseconds_of(&interval)))
    }

    /// Return a tuple of a timer file descriptor's (interval, next expiration) in float seconds.
    #[pyfunction]
    fn timerfd_gettime(fd: Fildes, vm: &VirtualMachine) -> PyResult<(f64, f64)> {
        let (next, interval) = get_timer(&fd, vm)?;
        Ok((seconds_of(&next), seconds_of(&interval)))
    }

    /// Return a tuple of a timer file descriptor's (interval, next expiration) in nanoseconds.
    #[pyfunction]
    fn timerfd_gettime_ns(fd: Fildes, vm: &VirtualMachine) -> PyResult<(i64, i64)> {
        let (next, interval) = get_timer(&fd, vm)?;
        Ok((nanoseconds_of(&next), nanoseconds_of(&interval)))
    }

    #[pyattr]
    use libc::{SPLICE_F_MORE, SPLICE_F_MOVE, SPLICE_F_NONBLOCK};

    #[derive(FromArgs)]
    struct SpliceArgs {
        #[pyarg(any)]
        src: Fildes,
        #[pyarg(any)]
        dst: Fildes,
        #[pyarg(any)]
        count: isize,
        #[pyarg(any, default)]
        offset_src: Option<i64>,
        #[pyarg(any, default)]
        offset_dst: Option<i64>,
        #[pyarg(any, default = 0)]
        flags: u32,
    }

    /// Transfer count bytes from one pipe to a descriptor or vice versa.
    #[pyfunction]
    fn splice(mut args: SpliceArgs, vm: &VirtualMachine) -> PyResult<isize> {
        let count = usize::try_from(args.count)
            .map_err(|_| vm.new_value_error("negative value for 'count' not allowed"))?;
        let place = |offset: &mut Option<i64>| match offset {
            Some(offset) => std::ptr::from_mut(offset),
            None => std::ptr::null_mut(),
        };
        let source = place(&mut args.offset_src);
        let target = place(&mut args.offset_dst);
        let (src, dst, flags) = (args.src.0, args.dst.0, args.flags);
        // SAFETY: the offsets are null or live through the call.
        retried(vm, || unsafe {
            libc::splice(src, source, dst, target, count, flags)
        })
    }

    /// What `confstr` can be asked for, by name.
    const CONFIGURATION: [(&str, i32); 3] = [
        ("CS_PATH", 0),
        ("CS_GNU_LIBC_VERSION", 2),
        ("CS_GNU_LIBPTHREAD_VERSION", 3),
    ];

    #[pyattr]
    fn confstr_names(vm: &VirtualMachine) -> PyObjectRef {
        let names = vm.ctx.new_dict();
        for (name, number) in CONFIGURATION {
            // A dictionary takes any string for a key.
            let _ = names.set_item(name, vm.ctx.new_int(number).into(), vm);
        }
        names.into()
    }

    /// Return a string-valued system configuration variable.
    #[pyfunction]
    fn confstr(name: PyObjectRef, vm: &VirtualMachine) -> PyResult<Option<String>> {
        let number = match name.downcast_ref::<PyStr>() {
            Some(name) => {
                let known = CONFIGURATION
                    .iter()
                    .find(|(known, _)| name.to_str() == Some(*known));
                let unknown = || vm.new_value_error("unrecognized configuration name");
                known.ok_or_else(unknown)?.1
            }
            None => name.try_index(vm)?.try_to_primitive(vm)?,
        };
        // SAFETY: asks for a length only.
        let length = unsafe { libc::confstr(number, std::ptr::null_mut(), 0) };
        if length == 0 {
            return Ok(None);
        }
        let mut text = vec![0_u8; length];
        // SAFETY: the buffer has the length that is given.
        unsafe { libc::confstr(number, text.as_mut_ptr().cast(), length) };
        let text = CString::from_vec_with_nul(text).unwrap_or_default();
        Ok(Some(text.to_string_lossy().into_owned()))
    }

    /// Return the name of the controlling terminal for this process.
    #[pyfunction]
    fn ctermid() -> &'static str {
        "/dev/tty"
    }

    /// Open and return a file descriptor for a master pseudo-terminal device.
    #[pyfunction]
    fn posix_openpt(oflag: i32, vm: &VirtualMachine) -> PyResult<i32> {
        // SAFETY: takes a number only.
        let fd = unsafe { libc::posix_openpt(oflag) };
        done(vm, fd)?;
        Ok(fd)
    }

    /// Grant access to the slave pseudo-terminal device.
    #[pyfunction]
    fn grantpt(fd: Fildes, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes a number only.
        done(vm, unsafe { libc::grantpt(fd.0) })
    }

    /// Unlock a pseudo-terminal master/slave pair.
    #[pyfunction]
    fn unlockpt(fd: Fildes, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes a number only.
        done(vm, unsafe { libc::unlockpt(fd.0) })
    }

    /// Return the name of the slave pseudo-terminal device.
    #[pyfunction]
    fn ptsname(fd: Fildes, vm: &VirtualMachine) -> PyResult<String> {
        let mut name = [0_u8; 128];
        // SAFETY: the buffer of this size lives through the call.
        let error = unsafe { libc::ptsname_r(fd.0, name.as_mut_ptr().cast(), name.len()) };
        number(vm, error)?;
        let length = name
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len());
        Ok(String::from_utf8_lossy(&name[..length]).into_owned())
    }

    /// Move the calling thread into different namespaces.
    #[pyfunction]
    fn setns(fd: Fildes, nstype: OptionalArg<i32>, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes numbers only.
        done(vm, unsafe { libc::setns(fd.0, nstype.unwrap_or(0)) })
    }

    /// Disassociate parts of a process (or thread) execution context.
    #[pyfunction]
    fn unshare(flags: i32, vm: &VirtualMachine) -> PyResult<()> {
        // SAFETY: takes a number only.
        done(vm, unsafe { libc::unshare(flags) })
    }
}
