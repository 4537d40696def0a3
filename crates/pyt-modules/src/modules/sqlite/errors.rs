//! The exceptions of `sqlite3`, and which of them SQLite's codes become.

use std::{
    ffi::{CStr, c_int},
    sync::OnceLock,
};

use libsqlite3_sys as ffi;
use rustpython_vm::{
    Py, PyObjectRef, PyResult, VirtualMachine,
    builtins::{PyBaseExceptionRef, PyModule, PyTypeRef},
};

use super::database::Database;

/// Upstream's classes, which it makes once for the process.
struct Classes {
    data: PyTypeRef,
    database: PyTypeRef,
    integrity: PyTypeRef,
    interface: PyTypeRef,
    internal: PyTypeRef,
    operational: PyTypeRef,
    programming: PyTypeRef,
}

static CLASSES: OnceLock<Classes> = OnceLock::new();

/// Takes the classes from a module that has them.
pub(super) fn take(module: &Py<PyModule>, vm: &VirtualMachine) -> PyResult<()> {
    let class = |name: &'static str| {
        let class: PyObjectRef = module.dict().get_item(name, vm)?;
        let other = |_| vm.new_system_error(format!("sqlite3.{name} is no class"));
        class.downcast().map_err(other)
    };
    let classes = Classes {
        data: class("DataError")?,
        database: class("DatabaseError")?,
        integrity: class("IntegrityError")?,
        interface: class("InterfaceError")?,
        internal: class("InternalError")?,
        operational: class("OperationalError")?,
        programming: class("ProgrammingError")?,
    };
    // Another interpreter may have been quicker, with the same ones.
    let _ = CLASSES.set(classes);
    Ok(())
}

type Choice = fn(&Classes) -> &PyTypeRef;

fn raise(choose: Choice, message: String, vm: &VirtualMachine) -> PyBaseExceptionRef {
    match CLASSES.get() {
        Some(classes) => vm.new_exception_msg(choose(classes).clone(), message.into()),
        None => vm.new_system_error(message),
    }
}

pub(super) fn programming(message: impl Into<String>, vm: &VirtualMachine) -> PyBaseExceptionRef {
    raise(|classes| &classes.programming, message.into(), vm)
}

pub(super) fn operational(message: impl Into<String>, vm: &VirtualMachine) -> PyBaseExceptionRef {
    raise(|classes| &classes.operational, message.into(), vm)
}

pub(super) fn data(message: impl Into<String>, vm: &VirtualMachine) -> PyBaseExceptionRef {
    raise(|classes| &classes.data, message.into(), vm)
}

/// The exception for the last error of a database.
pub(super) fn last(database: &Database, vm: &VirtualMachine) -> PyBaseExceptionRef {
    let (code, extended, message) = database.last_error();
    of_code(code, extended, message, vm)
}

/// The exception for a code of SQLite's.
pub(super) fn of_code(
    code: c_int,
    extended: c_int,
    message: String,
    vm: &VirtualMachine,
) -> PyBaseExceptionRef {
    let choose: Choice = match code {
        ffi::SQLITE_NOMEM => return vm.new_memory_error(message),
        ffi::SQLITE_INTERNAL | ffi::SQLITE_NOTFOUND => |classes| &classes.internal,
        ffi::SQLITE_ERROR
        | ffi::SQLITE_PERM
        | ffi::SQLITE_ABORT
        | ffi::SQLITE_BUSY
        | ffi::SQLITE_LOCKED
        | ffi::SQLITE_READONLY
        | ffi::SQLITE_INTERRUPT
        | ffi::SQLITE_IOERR
        | ffi::SQLITE_FULL
        | ffi::SQLITE_CANTOPEN
        | ffi::SQLITE_PROTOCOL
        | ffi::SQLITE_EMPTY
        | ffi::SQLITE_SCHEMA => |classes| &classes.operational,
        ffi::SQLITE_TOOBIG => |classes| &classes.data,
        ffi::SQLITE_CONSTRAINT | ffi::SQLITE_MISMATCH => |classes| &classes.integrity,
        ffi::SQLITE_MISUSE | ffi::SQLITE_RANGE => |classes| &classes.interface,
        _ => |classes| &classes.database,
    };
    let raised = raise(choose, message, vm);
    let name = name_of(extended).unwrap_or("unknown");
    let object: &rustpython_vm::PyObject = raised.as_ref();
    // Only a class of the program's could refuse.
    let _ = object.set_attr("sqlite_errorcode", vm.ctx.new_int(extended), vm);
    let _ = object.set_attr("sqlite_errorname", vm.ctx.new_str(name), vm);
    raised
}

/// SQLite's own text for a code.
pub(super) fn text_of(code: c_int) -> String {
    // SAFETY: SQLite has a static text for every number.
    let text = unsafe { CStr::from_ptr(ffi::sqlite3_errstr(code)) };
    text.to_string_lossy().into_owned()
}

macro_rules! names {
    ($($name:ident)*) => {
        const NAMES: &[(c_int, &str)] = &[$((ffi::$name, stringify!($name)),)*];
    };
}

names! {
    SQLITE_ABORT SQLITE_ABORT_ROLLBACK SQLITE_AUTH SQLITE_AUTH_USER SQLITE_BUSY SQLITE_BUSY_RECOVERY
    SQLITE_BUSY_SNAPSHOT SQLITE_BUSY_TIMEOUT SQLITE_CANTOPEN SQLITE_CANTOPEN_CONVPATH
    SQLITE_CANTOPEN_DIRTYWAL SQLITE_CANTOPEN_FULLPATH SQLITE_CANTOPEN_ISDIR SQLITE_CANTOPEN_NOTEMPDIR
    SQLITE_CANTOPEN_SYMLINK SQLITE_CONSTRAINT SQLITE_CONSTRAINT_CHECK SQLITE_CONSTRAINT_COMMITHOOK
    SQLITE_CONSTRAINT_FOREIGNKEY SQLITE_CONSTRAINT_FUNCTION SQLITE_CONSTRAINT_NOTNULL
    SQLITE_CONSTRAINT_PINNED SQLITE_CONSTRAINT_PRIMARYKEY SQLITE_CONSTRAINT_ROWID
    SQLITE_CONSTRAINT_TRIGGER SQLITE_CONSTRAINT_UNIQUE SQLITE_CONSTRAINT_VTAB SQLITE_CORRUPT
    SQLITE_CORRUPT_INDEX SQLITE_CORRUPT_SEQUENCE SQLITE_CORRUPT_VTAB SQLITE_EMPTY SQLITE_ERROR
    SQLITE_ERROR_MISSING_COLLSEQ SQLITE_ERROR_RETRY SQLITE_ERROR_SNAPSHOT SQLITE_FORMAT SQLITE_FULL
    SQLITE_INTERNAL SQLITE_INTERRUPT SQLITE_IOERR SQLITE_IOERR_ACCESS SQLITE_IOERR_AUTH
    SQLITE_IOERR_BEGIN_ATOMIC SQLITE_IOERR_BLOCKED SQLITE_IOERR_CHECKRESERVEDLOCK SQLITE_IOERR_CLOSE
    SQLITE_IOERR_COMMIT_ATOMIC SQLITE_IOERR_CONVPATH SQLITE_IOERR_CORRUPTFS SQLITE_IOERR_DATA
    SQLITE_IOERR_DELETE SQLITE_IOERR_DELETE_NOENT SQLITE_IOERR_DIR_CLOSE SQLITE_IOERR_DIR_FSYNC
    SQLITE_IOERR_FSTAT SQLITE_IOERR_FSYNC SQLITE_IOERR_GETTEMPPATH SQLITE_IOERR_LOCK SQLITE_IOERR_MMAP
    SQLITE_IOERR_NOMEM SQLITE_IOERR_RDLOCK SQLITE_IOERR_READ SQLITE_IOERR_ROLLBACK_ATOMIC
    SQLITE_IOERR_SEEK SQLITE_IOERR_SHMLOCK SQLITE_IOERR_SHMMAP SQLITE_IOERR_SHMOPEN
    SQLITE_IOERR_SHMSIZE SQLITE_IOERR_SHORT_READ SQLITE_IOERR_TRUNCATE SQLITE_IOERR_UNLOCK
    SQLITE_IOERR_VNODE SQLITE_IOERR_WRITE SQLITE_LOCKED SQLITE_LOCKED_SHAREDCACHE SQLITE_LOCKED_VTAB
    SQLITE_MISMATCH SQLITE_MISUSE SQLITE_NOLFS SQLITE_NOMEM SQLITE_NOTADB SQLITE_NOTFOUND
    SQLITE_NOTICE SQLITE_NOTICE_RECOVER_ROLLBACK SQLITE_NOTICE_RECOVER_WAL SQLITE_PERM
    SQLITE_PROTOCOL SQLITE_RANGE SQLITE_READONLY SQLITE_READONLY_CANTINIT SQLITE_READONLY_CANTLOCK
    SQLITE_READONLY_DBMOVED SQLITE_READONLY_DIRECTORY SQLITE_READONLY_RECOVERY
    SQLITE_READONLY_ROLLBACK SQLITE_SCHEMA SQLITE_TOOBIG SQLITE_WARNING SQLITE_WARNING_AUTOINDEX
}

fn name_of(code: c_int) -> Option<&'static str> {
    let found = NAMES.iter().find(|(known, _)| *known == code);
    found.map(|(_, name)| *name)
}
