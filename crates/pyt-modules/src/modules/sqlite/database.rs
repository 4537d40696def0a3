//! An open database, and its statements, as SQLite has them.
//!
//! What may wait or run long is called detached: the calling thread leaves the interpreter, and
//! SQLite's callbacks enter it again. Which thread may use a database is the connection's business;
//! SQLite is built so that any may. Python's classes are not known here.

use std::{
    ffi::{CStr, CString, c_char, c_int, c_void},
    ptr::{null, null_mut},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use libsqlite3_sys as ffi;
use parking_lot::Mutex;
use rustpython_vm::{VirtualMachine, builtins::PyBaseExceptionRef, vm::thread};

unsafe extern "C" {
    // The bindings leave it out.
    fn sqlite3_close_v2(database: *mut ffi::sqlite3) -> c_int;
}

/// How long a wait for another connection sleeps at most before it looks again. The exceptions of
/// signal handlers end the wait then.
const LONGEST_SLEEP: Duration = Duration::from_millis(50);

/// A call has failed: [`Database::last_error`] says why.
pub(super) struct Failed;

/// A database that a connection has opened. It is closed once no statement needs it any more.
pub(super) struct Database {
    raw: *mut ffi::sqlite3,
    /// Statements that are to be finalized by the next thread that may use the database.
    unused: Mutex<Vec<RawStatement>>,
    /// How long to wait for another connection, in milliseconds.
    timeout: AtomicU64,
    /// When the wait that is under way began.
    waiting_since: Mutex<Option<Instant>>,
    /// What a signal handler raised during a wait.
    raised: Mutex<Option<PyBaseExceptionRef>>,
}

// SAFETY: SQLite is built with its mutexes ("serialized"), so that any thread may call it.
unsafe impl Send for Database {}
// SAFETY: as above.
unsafe impl Sync for Database {}

struct RawStatement(*mut ffi::sqlite3_stmt);

// SAFETY: as for `Database`.
unsafe impl Send for RawStatement {}

impl Database {
    /// Opens a database. Blocks: to be called detached.
    pub(super) fn open(path: &CStr, uri: bool) -> Result<Arc<Self>, (c_int, c_int, String)> {
        let mut raw = null_mut();
        let mut flags = ffi::SQLITE_OPEN_READWRITE | ffi::SQLITE_OPEN_CREATE;
        if uri {
            flags |= ffi::SQLITE_OPEN_URI;
        }
        // SAFETY: the path ends with a null, and `raw` is written.
        let code = unsafe { ffi::sqlite3_open_v2(path.as_ptr(), &raw mut raw, flags, null()) };
        let database = Arc::new(Self {
            raw,
            unused: Mutex::default(),
            timeout: AtomicU64::new(0),
            waiting_since: Mutex::default(),
            raised: Mutex::default(),
        });
        if raw.is_null() {
            return Err((ffi::SQLITE_NOMEM, ffi::SQLITE_NOMEM, "out of memory".into()));
        }
        if code != ffi::SQLITE_OK {
            return Err(database.last_error());
        }
        // The bundled library checks foreign keys by default, which a program asks for elsewhere.
        let (off, unasked) = (0 as c_int, std::ptr::null_mut::<c_int>());
        // SAFETY: the database is open; the setting takes a number and a place for its value, which
        // may be null.
        unsafe { ffi::sqlite3_db_config(raw, ffi::SQLITE_DBCONFIG_ENABLE_FKEY, off, unasked) };
        Ok(database)
    }

    pub(super) fn raw(&self) -> *mut ffi::sqlite3 {
        self.raw
    }

    /// The last error's code, its extended code and its text.
    pub(super) fn last_error(&self) -> (c_int, c_int, String) {
        // SAFETY: the database is open; the text lives until the next call, and is copied.
        unsafe {
            let text = CStr::from_ptr(ffi::sqlite3_errmsg(self.raw));
            (
                ffi::sqlite3_errcode(self.raw),
                ffi::sqlite3_extended_errcode(self.raw),
                text.to_string_lossy().into_owned(),
            )
        }
    }

    /// Has waits for other connections end after this time.
    pub(super) fn set_timeout(self: &Arc<Self>, timeout: Duration) {
        let millis = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
        self.timeout.store(millis, Ordering::Relaxed);
        let data = Arc::as_ptr(self).cast_mut().cast();
        // SAFETY: the handler is called during calls for this database only, which then lives.
        unsafe { ffi::sqlite3_busy_handler(self.raw, Some(wait_for_others), data) };
    }

    /// What a signal handler raised during the last call.
    pub(super) fn take_raised(&self) -> Option<PyBaseExceptionRef> {
        self.raised.lock().take()
    }

    /// Runs statements that give no rows. Blocks: to be called detached.
    pub(super) fn run(&self, sql: &CStr) -> Result<(), Failed> {
        // SAFETY: the text ends with a null, and no callback is given.
        let code =
            unsafe { ffi::sqlite3_exec(self.raw, sql.as_ptr(), None, null_mut(), null_mut()) };
        check(code)
    }

    /// Compiles the first statement of `sql`. Returns it, `None` if there is none, and how many
    /// bytes it takes. Blocks: to be called detached.
    pub(super) fn prepare(
        self: &Arc<Self>,
        sql: &CStr,
    ) -> Result<(Option<RawHandle>, usize), Failed> {
        self.finalize_unused();
        let mut raw = null_mut();
        let mut tail: *const c_char = null();
        // SAFETY: the text ends with a null; both pointers are written.
        let code = unsafe {
            ffi::sqlite3_prepare_v2(self.raw, sql.as_ptr(), -1, &raw mut raw, &raw mut tail)
        };
        check(code)?;
        let taken = if tail.is_null() {
            sql.to_bytes().len()
        } else {
            tail.addr() - sql.as_ptr().addr()
        };
        let handle = (!raw.is_null()).then(|| RawHandle {
            raw,
            database: self.clone(),
        });
        Ok((handle, taken))
    }

    /// Finalizes what [`RawHandle`]s have left. Called by the thread that may use the database.
    pub(super) fn finalize_unused(&self) {
        let unused = std::mem::take(&mut *self.unused.lock());
        for RawStatement(raw) in unused {
            // SAFETY: nothing else has the statement.
            unsafe { ffi::sqlite3_finalize(raw) };
        }
    }

    /// Whether no transaction is open.
    pub(super) fn is_autocommit(&self) -> bool {
        // SAFETY: the database is open.
        unsafe { ffi::sqlite3_get_autocommit(self.raw) != 0 }
    }

    /// How many rows the last statement changed.
    pub(super) fn changes(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_changes64(self.raw) }
    }

    pub(super) fn total_changes(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_total_changes64(self.raw) }
    }

    pub(super) fn last_row(&self) -> i64 {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_last_insert_rowid(self.raw) }
    }

    /// Ends the statements that run on any thread. Never blocks.
    pub(super) fn interrupt(&self) {
        // SAFETY: as above; any thread may call this at any time.
        unsafe { ffi::sqlite3_interrupt(self.raw) };
    }

    /// Sets a limit, or leaves it if `value` is negative; returns what it was, or -1 if there is no
    /// such limit.
    pub(super) fn limit(&self, category: c_int, value: c_int) -> c_int {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_limit(self.raw, category, value) }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        self.finalize_unused();
        // SAFETY: nothing else has the database; statements that are left close it later.
        unsafe { sqlite3_close_v2(self.raw) };
    }
}

impl std::fmt::Debug for Database {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Database")
    }
}

fn check(code: c_int) -> Result<(), Failed> {
    if code == ffi::SQLITE_OK {
        Ok(())
    } else {
        Err(Failed)
    }
}

/// Called by SQLite each time it finds the database locked by another connection: waits, and says
/// whether to try again. `data` is the [`Database`].
unsafe extern "C" fn wait_for_others(data: *mut c_void, attempt: c_int) -> c_int {
    // SAFETY: `set_timeout` gave it, and the caller of SQLite keeps it.
    let database = unsafe { &*data.cast::<Database>() };
    let timeout = Duration::from_millis(database.timeout.load(Ordering::Relaxed));
    let since = {
        let mut since = database.waiting_since.lock();
        if attempt == 0 {
            *since = None;
        }
        *since.get_or_insert_with(Instant::now)
    };
    let left = timeout.saturating_sub(since.elapsed());
    if left.is_zero() {
        return 0;
    }
    let step = Duration::from_millis(1) * u32::try_from(attempt).unwrap_or(u32::MAX).max(1);
    let step = step.min(LONGEST_SLEEP).min(left);
    std::thread::sleep(step);
    if step < LONGEST_SLEEP || !thread::current_vm_is_set() {
        return 1;
    }
    let checked = thread::with_current_vm(|vm| vm.attach_for_callback(|| vm.check_signals()));
    match checked {
        Ok(()) => 1,
        Err(raised) => {
            *database.raised.lock() = Some(raised);
            0
        }
    }
}

/// A compiled statement. When it is dropped, which may be on any thread, the next thread that may
/// use the database finalizes it: that could block.
pub(super) struct RawHandle {
    raw: *mut ffi::sqlite3_stmt,
    database: Arc<Database>,
}

// SAFETY: as for `Database`.
unsafe impl Send for RawHandle {}
// SAFETY: as for `Database`; the connection lets one thread at a time use it.
unsafe impl Sync for RawHandle {}

impl RawHandle {
    pub(super) fn raw(&self) -> *mut ffi::sqlite3_stmt {
        self.raw
    }

    pub(super) fn database(&self) -> &Arc<Database> {
        &self.database
    }

    /// Goes on to the next row: `SQLITE_ROW`, `SQLITE_DONE`, or an error. Detached meanwhile.
    pub(super) fn step(&self, vm: &VirtualMachine) -> c_int {
        // SAFETY: the statement is compiled.
        vm.allow_threads(|| unsafe { ffi::sqlite3_step(self.raw) })
    }

    /// Goes back to before the first row. Detached meanwhile, since it may end a transaction.
    pub(super) fn reset(&self, vm: &VirtualMachine) {
        // SAFETY: as above. The error is the last step's.
        vm.allow_threads(|| unsafe { ffi::sqlite3_reset(self.raw) });
    }

    pub(super) fn is_busy(&self) -> bool {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_stmt_busy(self.raw) != 0 }
    }

    pub(super) fn is_readonly(&self) -> bool {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_stmt_readonly(self.raw) != 0 }
    }

    pub(super) fn columns(&self) -> c_int {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_column_count(self.raw) }
    }

    /// How many columns the row has that the statement stands at; none if it stands at no row.
    pub(super) fn columns_here(&self) -> c_int {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_data_count(self.raw) }
    }

    pub(super) fn column_name(&self, column: c_int) -> Option<CString> {
        // SAFETY: as above; the text is copied.
        unsafe { copied(ffi::sqlite3_column_name(self.raw, column)) }
    }

    pub(super) fn column_type(&self, column: c_int) -> Option<CString> {
        // SAFETY: as above.
        unsafe { copied(ffi::sqlite3_column_decltype(self.raw, column)) }
    }

    pub(super) fn parameters(&self) -> c_int {
        // SAFETY: as above.
        unsafe { ffi::sqlite3_bind_parameter_count(self.raw) }
    }

    /// The name of a parameter, counted from 1, with its first character.
    pub(super) fn parameter_name(&self, index: c_int) -> Option<CString> {
        // SAFETY: as above.
        unsafe { copied(ffi::sqlite3_bind_parameter_name(self.raw, index)) }
    }
}

impl Drop for RawHandle {
    fn drop(&mut self) {
        self.database.unused.lock().push(RawStatement(self.raw));
    }
}

/// # Safety
/// `text` is null or ends with a null.
unsafe fn copied(text: *const c_char) -> Option<CString> {
    // SAFETY: the caller says so.
    (!text.is_null()).then(|| unsafe { CStr::from_ptr(text) }.to_owned())
}
