//! Copies of whole databases: into another one, into bytes, and out of them.

use std::time::Duration;

use libsqlite3_sys as ffi;
use rustpython_vm::{PyResult, VirtualMachine, builtins::PyBytesRef};

use super::{
    super::{database::Database, errors},
    arguments::{BackupOptions, DeserializeArgs, NameArgs, named, seconds},
};

/// How long a backup waits for others unless the program says so, in seconds.
const PAUSE: f64 = 0.25;

/// A backup that is under way.
struct Backup(*mut ffi::sqlite3_backup);

impl Drop for Backup {
    fn drop(&mut self) {
        // SAFETY: it is finished once, here.
        unsafe { ffi::sqlite3_backup_finish(self.0) };
    }
}

/// Memory of SQLite's.
struct Memory(*mut u8);

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: it is freed once, here; freeing null does nothing.
        unsafe { ffi::sqlite3_free(self.0.cast()) };
    }
}

pub(super) fn backup(
    source: &Database,
    target: &Database,
    args: BackupOptions,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let progress = args
        .progress
        .into_option()
        .filter(|given| !vm.is_none(given));
    if progress
        .as_ref()
        .is_some_and(|progress| !progress.is_callable())
    {
        return Err(vm.new_type_error("progress argument must be a callable"));
    }
    let name = named(&args.name, vm)?;
    let pages = if args.pages == 0 { -1 } else { args.pages };
    let pause = Duration::try_from_secs_f64(seconds(args.sleep, PAUSE))
        .map_err(|_| vm.new_value_error("sleep must be greater-than or equal to zero"))?;
    // SAFETY: both databases are open, and this thread uses them.
    let backup = unsafe {
        let main = c"main".as_ptr();
        ffi::sqlite3_backup_init(target.raw(), main, source.raw(), name.as_ptr())
    };
    if backup.is_null() {
        return Err(errors::last(target, vm));
    }
    let backup = Backup(backup);
    let code = loop {
        // SAFETY: here and below the backup has not been finished.
        let code = vm.allow_threads(|| unsafe { ffi::sqlite3_backup_step(backup.0, pages) });
        if let Some(progress) = &progress {
            // SAFETY: as above.
            let left = unsafe { ffi::sqlite3_backup_remaining(backup.0) };
            // SAFETY: as above.
            let all = unsafe { ffi::sqlite3_backup_pagecount(backup.0) };
            progress.call((code, left, all), vm)?;
        }
        match code {
            ffi::SQLITE_OK => {}
            ffi::SQLITE_BUSY | ffi::SQLITE_LOCKED => {
                vm.allow_threads(|| std::thread::sleep(pause));
                vm.check_signals()?;
            }
            _ => break code,
        }
    };
    drop(backup);
    if code == ffi::SQLITE_DONE {
        return Ok(());
    }
    let text = errors::text_of(code);
    Err(errors::of_code(code & 0xff, code, text, vm))
}

pub(super) fn serialize(
    database: &Database,
    args: NameArgs,
    vm: &VirtualMachine,
) -> PyResult<PyBytesRef> {
    let name = args.get(vm)?;
    let mut size = 0;
    // SAFETY: the database is open; the memory is ours to free.
    let start = vm.allow_threads(|| unsafe {
        Memory(ffi::sqlite3_serialize(
            database.raw(),
            name.as_ptr(),
            &raw mut size,
            0,
        ))
    });
    if start.0.is_null() {
        let message = format!("unable to serialize '{}'", name.to_string_lossy());
        return Err(errors::operational(message, vm));
    }
    let length = usize::try_from(size).unwrap_or(0);
    // SAFETY: SQLite says so.
    let bytes = unsafe { std::slice::from_raw_parts(start.0, length) }.to_vec();
    Ok(vm.ctx.new_bytes(bytes))
}

pub(super) fn deserialize(
    database: &Database,
    args: DeserializeArgs,
    vm: &VirtualMachine,
) -> PyResult<()> {
    let name = named(&args.name, vm)?;
    let data = args.data.borrow_buf();
    let length =
        i64::try_from(data.len()).map_err(|_| vm.new_overflow_error("'data' is too large"))?;
    // SAFETY: memory of SQLite's, of the size asked for, which it frees with the database.
    let code = unsafe {
        let copy = ffi::sqlite3_malloc64(data.len().max(1) as u64).cast::<u8>();
        if copy.is_null() {
            return Err(vm.new_memory_error("a database of this size"));
        }
        std::ptr::copy_nonoverlapping(data.as_ptr(), copy, data.len());
        let flags = ffi::SQLITE_DESERIALIZE_FREEONCLOSE | ffi::SQLITE_DESERIALIZE_RESIZEABLE;
        let raw = database.raw();
        ffi::sqlite3_deserialize(raw, name.as_ptr(), copy, length, length, flags)
    };
    if code == ffi::SQLITE_OK {
        return Ok(());
    }
    Err(errors::last(database, vm))
}
