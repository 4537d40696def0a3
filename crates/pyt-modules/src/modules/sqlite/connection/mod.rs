//! `sqlite3.Connection`: a database that is open.
//!
//! A connection is used by one thread at a time. The others wait for its lock, as for any lock of
//! Python's; a thread that holds it may use the connection again, from a function that SQLite calls
//! for instance.

mod arguments;
mod callbacks;
mod copies;
mod transactions;

use std::{ffi::c_int, sync::Arc, time::Duration};

use libsqlite3_sys as ffi;
use parking_lot::Mutex;
use pyt_vm::{abort::OrRaise, threads::shown_ident};
use rustpython_vm::{
    AsObject, Py, PyObject, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyBytesRef, PyType, PyTypeRef, PyUtf8StrRef},
    function::{ArgIntoBool, ArgIntoFloat, FsPath, FuncArgs, KwArgs, OptionalArg, PySetterValue},
    object::{Traverse, TraverseFn},
    pyclass,
    stdlib::_thread::get_ident,
    types::{Callable, Constructor, Destructor, Initializer},
};

use self::{
    arguments::{
        AggregateArgs, AuthorizerArgs, BackupOptions, BlobArgs, CursorArgs, DeserializeArgs,
        DumpArgs, FunctionArgs, LoadArgs, NameArgs, ProgressArgs, TraceArgs, WindowArgs, named,
        seconds,
    },
    callbacks::Role,
    transactions::{Autocommit, LEGACY, level_of},
};
use super::{
    blob::Blob,
    callback::Callback,
    cursor::Cursor,
    database::{Database, RawHandle},
    errors,
    statement::{Cache, Statement},
    values,
};

/// How many statements are kept unless the program says so.
const CACHED_STATEMENTS: c_int = 128;

/// How long a connection waits for others unless the program says so, in seconds.
const TIMEOUT: f64 = 5.0;

/// A connection to a database.
#[pyclass(module = "sqlite3", name = "Connection", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct Connection {
    /// Held by the thread that uses the database.
    lock: pyt_sched::RLock,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    /// `__init__` has succeeded.
    initialized: bool,
    database: Option<Arc<Database>>,
    cache: Cache,
    detect_types: c_int,
    isolation_level: Option<&'static str>,
    autocommit: Autocommit,
    check_same_thread: bool,
    thread: u64,
    row_factory: Option<PyObjectRef>,
    /// `None` stands for `str`.
    text_factory: Option<PyObjectRef>,
    callbacks: Vec<(Role, Box<Callback>)>,
    /// The blobs that are open, to be closed with the database.
    blobs: Vec<std::sync::Weak<super::blob::RawBlob>>,
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Inner {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.row_factory.traverse(visit);
        self.text_factory.traverse(visit);
        for (_, callback) in &self.callbacks {
            callback.callable.traverse(visit);
        }
    }
}

// SAFETY: as above.
unsafe impl Traverse for Connection {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.inner.traverse(visit);
    }
}

/// The calling thread uses the connection.
pub(super) struct Entered<'a>(&'a pyt_sched::RLock);

impl Drop for Entered<'_> {
    fn drop(&mut self) {
        // It is held.
        let _ = self.0.release();
    }
}

impl Connection {
    /// Waits until no other thread uses the connection.
    ///
    /// # Errors
    /// `ProgrammingError` if it is another thread's; what a signal handler raised meanwhile.
    pub(super) fn enter(&self, vm: &VirtualMachine) -> PyResult<Entered<'_>> {
        self.check_thread(vm)?;
        self.enter_from_any(vm)
    }

    fn enter_from_any(&self, vm: &VirtualMachine) -> PyResult<Entered<'_>> {
        if !self.lock.acquire_fast() {
            self.lock.acquire(None).or_raise(vm)?;
        }
        Ok(Entered(&self.lock))
    }

    pub(super) fn check_thread(&self, vm: &VirtualMachine) -> PyResult<()> {
        let inner = self.inner.lock();
        let caller = shown_ident::of_caller(get_ident);
        if !inner.check_same_thread || inner.thread == caller || !inner.initialized {
            return Ok(());
        }
        let message = format!(
            "SQLite objects created in a thread can only be used in that same thread. The object was \
             created in thread id {} and this is thread id {caller}.",
            inner.thread
        );
        Err(errors::programming(message, vm))
    }

    /// The open database.
    pub(super) fn database(&self, vm: &VirtualMachine) -> PyResult<Arc<Database>> {
        let inner = self.inner.lock();
        if !inner.initialized {
            return Err(errors::programming(
                "Base Connection.__init__ not called.",
                vm,
            ));
        }
        let closed = || errors::programming("Cannot operate on a closed database.", vm);
        inner.database.clone().ok_or_else(closed)
    }

    pub(super) fn detect_types(&self) -> c_int {
        self.inner.lock().detect_types
    }

    pub(super) fn text_factory_now(&self) -> Option<PyObjectRef> {
        self.inner.lock().text_factory.clone()
    }

    /// A statement for this text, which may have been used before.
    pub(super) fn statement(&self, sql: &str, vm: &VirtualMachine) -> PyResult<Arc<Statement>> {
        let database = self.database(vm)?;
        if let Some(known) = self.inner.lock().cache.get(sql) {
            return Ok(known);
        }
        let statement = Arc::new(Statement::compile(&database, sql, vm)?);
        let over = self.inner.lock().cache.keep(sql, statement.clone());
        drop(over);
        Ok(statement)
    }

    /// Goes on to the next row of a statement: `SQLITE_ROW` or `SQLITE_DONE`.
    pub(super) fn step(&self, handle: &RawHandle, vm: &VirtualMachine) -> PyResult<c_int> {
        let code = handle.step(vm);
        match code {
            ffi::SQLITE_ROW | ffi::SQLITE_DONE => Ok(code),
            _ => Err(failure(handle.database(), vm)),
        }
    }

    fn execute_plain(&self, sql: &str, vm: &VirtualMachine) -> PyResult<()> {
        let database = self.database(vm)?;
        let sql = values::c_text(sql, vm)?;
        let result = vm.allow_threads(|| database.run(&sql));
        result.map_err(|_| failure(&database, vm))
    }

    /// Runs statements that are separated by semicolons.
    pub(super) fn run_script(&self, script: &str, vm: &VirtualMachine) -> PyResult<()> {
        let database = self.database(vm)?;
        let limit = database.limit(ffi::SQLITE_LIMIT_SQL_LENGTH, -1);
        if usize::try_from(limit).is_ok_and(|limit| script.len() > limit) {
            return Err(errors::data("query string is too large", vm));
        }
        if self.inner.lock().autocommit == Autocommit::Legacy && !database.is_autocommit() {
            self.execute_plain("COMMIT", vm)?;
        }
        let script = values::c_text(script, vm)?;
        let mut rest = script.as_c_str();
        loop {
            let prepared = vm.allow_threads(|| database.prepare(rest));
            let (handle, taken) = prepared.map_err(|_| errors::last(&database, vm))?;
            if let Some(handle) = handle {
                while self.step(&handle, vm)? == ffi::SQLITE_ROW {}
            }
            let tail = rest.to_bytes_with_nul().get(taken..).unwrap_or_default();
            match std::ffi::CStr::from_bytes_with_nul(tail) {
                Ok(tail) if taken > 0 && !tail.is_empty() => rest = tail,
                _ => return Ok(()),
            }
        }
    }

    /// Begins a transaction before a statement that changes rows, if the program leaves that to us.
    pub(super) fn begin_implicitly(&self, vm: &VirtualMachine) -> PyResult<()> {
        let level = {
            let inner = self.inner.lock();
            let legacy = inner.autocommit == Autocommit::Legacy;
            inner.isolation_level.filter(|_| legacy)
        };
        match level {
            Some(level) if self.database(vm)?.is_autocommit() => {
                self.execute_plain(&format!("BEGIN {level}"), vm)
            }
            _ => Ok(()),
        }
    }

    fn commit_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.end_transaction("COMMIT", vm)
    }

    fn rollback_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        self.end_transaction("ROLLBACK", vm)
    }

    fn end_transaction(&self, by: &str, vm: &VirtualMachine) -> PyResult<()> {
        let database = self.database(vm)?;
        let autocommit = self.inner.lock().autocommit;
        match autocommit {
            Autocommit::Legacy if database.is_autocommit() => Ok(()),
            Autocommit::Legacy => self.execute_plain(by, vm),
            Autocommit::On => Ok(()),
            Autocommit::Off => {
                self.execute_plain(by, vm)?;
                self.execute_plain("BEGIN", vm)
            }
        }
    }

    fn close_now(&self, vm: &VirtualMachine) -> PyResult<()> {
        let (database, cache, callbacks, blobs) = {
            let mut inner = self.inner.lock();
            (
                inner.database.take(),
                std::mem::take(&mut inner.cache),
                std::mem::take(&mut inner.callbacks),
                std::mem::take(&mut inner.blobs),
            )
        };
        let Some(database) = database else {
            return Ok(());
        };
        let off = self.inner.lock().autocommit == Autocommit::Off;
        let rolled_back = if off && !database.is_autocommit() {
            let rolled_back = vm.allow_threads(|| database.run(c"ROLLBACK"));
            rolled_back.map_err(|_| errors::last(&database, vm))
        } else {
            Ok(())
        };
        for blob in blobs.iter().filter_map(std::sync::Weak::upgrade) {
            blob.close();
        }
        // SAFETY: here the database is open, and no thread uses it: callbacks are gone from now on.
        unsafe {
            ffi::sqlite3_trace_v2(database.raw(), 0, None, std::ptr::null_mut());
            ffi::sqlite3_progress_handler(database.raw(), 0, None, std::ptr::null_mut());
            ffi::sqlite3_set_authorizer(database.raw(), None, std::ptr::null_mut());
        }
        drop(cache);
        // Cursors may keep statements, which keep the database: nothing steps them any more.
        vm.allow_threads(move || drop(database));
        drop(callbacks);
        rolled_back
    }

    /// Keeps what SQLite has been given for a role, and drops what was there before.
    fn keep(&self, role: Role, callback: Option<Box<Callback>>) {
        let mut inner = self.inner.lock();
        let at = inner.callbacks.iter().position(|(known, _)| *known == role);
        let before = at.map(|at| inner.callbacks.swap_remove(at));
        if let Some(callback) = callback {
            inner.callbacks.push((role, callback));
        }
        drop(inner);
        drop(before);
    }
}

/// What made a call of SQLite's fail.
fn failure(
    database: &Database,
    vm: &VirtualMachine,
) -> rustpython_vm::builtins::PyBaseExceptionRef {
    match database.take_raised() {
        Some(raised) => raised,
        None => errors::last(database, vm),
    }
}

/// Whether a setting of a connection is a truth value.
fn is_switch(setting: c_int) -> bool {
    (ffi::SQLITE_DBCONFIG_ENABLE_FKEY..=ffi::SQLITE_DBCONFIG_ENABLE_COMMENTS).contains(&setting)
}

#[derive(rustpython_vm::FromArgs)]
pub(super) struct ConnectArgs {
    #[pyarg(any)]
    database: FsPath,
    #[pyarg(any, optional)]
    timeout: OptionalArg<ArgIntoFloat>,
    #[pyarg(any, default = 0)]
    detect_types: c_int,
    #[pyarg(any, optional)]
    isolation_level: OptionalArg<PyObjectRef>,
    #[pyarg(any, default = ArgIntoBool::TRUE)]
    check_same_thread: ArgIntoBool,
    /// What `connect` calls; unused here.
    #[pyarg(any, optional, name = "factory")]
    _factory: OptionalArg<PyObjectRef>,
    #[pyarg(any, default = CACHED_STATEMENTS)]
    cached_statements: c_int,
    #[pyarg(any, default = ArgIntoBool::FALSE)]
    uri: ArgIntoBool,
    #[pyarg(named, optional)]
    autocommit: OptionalArg<PyObjectRef>,
}

#[derive(rustpython_vm::FromArgs)]
struct BackupArgs {
    #[pyarg(positional)]
    target: PyRef<Connection>,
    #[pyarg(flatten)]
    options: BackupOptions,
}

/// Tells the address of the lock in `object`, if it is a connection.
pub(crate) fn addresses(object: &PyObject, found: &mut dyn FnMut(usize)) {
    if let Some(connection) = object.downcast_ref::<Connection>() {
        found(connection.lock.address());
    }
}

impl Constructor for Connection {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            lock: pyt_sched::RLock::new(),
            inner: Mutex::default(),
        })
    }
}

impl Initializer for Connection {
    type Args = ConnectArgs;

    fn init(zelf: &Py<Self>, args: ConnectArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter_from_any(vm)?;
        if zelf.inner.lock().initialized {
            zelf.inner.lock().initialized = false;
            zelf.close_now(vm)?;
        }
        let isolation_level = match &args.isolation_level {
            OptionalArg::Present(level) => level_of(level, vm)?,
            OptionalArg::Missing => Some(""),
        };
        let autocommit = match &args.autocommit {
            OptionalArg::Present(autocommit) => Autocommit::of(autocommit, vm)?,
            OptionalArg::Missing => Autocommit::Legacy,
        };
        let path = args.database.to_cstring(vm)?;
        let uri = args.uri.into();
        let opened = vm.allow_threads(|| Database::open(&path, uri));
        let database =
            opened.map_err(|(code, extended, text)| errors::of_code(code, extended, text, vm))?;
        // SQLite takes what is not positive for no wait at all.
        let timeout = seconds(args.timeout, TIMEOUT);
        let timeout = Duration::try_from_secs_f64(timeout).unwrap_or_default();
        database.set_timeout(timeout);
        let capacity = usize::try_from(args.cached_statements).unwrap_or(0);
        let new = Inner {
            initialized: true,
            database: Some(database),
            cache: Cache::with_capacity(capacity),
            detect_types: args.detect_types,
            isolation_level,
            autocommit,
            check_same_thread: args.check_same_thread.into(),
            thread: shown_ident::of_caller(get_ident),
            ..Inner::default()
        };
        let before = std::mem::replace(&mut *zelf.inner.lock(), new);
        drop(before);
        if autocommit == Autocommit::Off {
            zelf.execute_plain("BEGIN", vm)?;
        }
        Ok(())
    }
}

impl Callable for Connection {
    type Args = (PyUtf8StrRef,);

    /// Compiles a statement, which says whether it can be.
    fn call(zelf: &Py<Self>, (sql,): Self::Args, vm: &VirtualMachine) -> PyResult {
        let _entered = zelf.enter(vm)?;
        zelf.statement(sql.as_str(), vm)?;
        Ok(vm.ctx.none())
    }
}

impl Destructor for Connection {
    fn del(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        if zelf.inner.lock().database.is_none() {
            return Ok(());
        }
        let repr = zelf.as_object().repr(vm)?;
        let message = format!("unclosed database in {repr}");
        let category = vm.ctx.exceptions.resource_warning;
        let warned = rustpython_vm::stdlib::_warnings::warn(category, message, 1, vm);
        let closed = zelf.close_now(vm);
        warned.and(closed)
    }
}

#[pyclass(
    with(Constructor, Initializer, Callable, Destructor),
    flags(BASETYPE, HAS_WEAKREF)
)]
impl Connection {
    /// Return a cursor for the connection.
    #[pymethod]
    fn cursor(zelf: PyRef<Self>, args: CursorArgs, vm: &VirtualMachine) -> PyResult {
        zelf.check_thread(vm)?;
        zelf.database(vm)?;
        let factory = match args.factory {
            OptionalArg::Present(factory) => factory,
            OptionalArg::Missing => Cursor::class(&vm.ctx).to_owned().into(),
        };
        let cursor = factory.call((zelf.clone(),), vm)?;
        let Some(ours) = cursor.downcast_ref::<Cursor>() else {
            return Err(vm.new_type_error(format!(
                "factory must return a cursor, not {}",
                cursor.class().name()
            )));
        };
        let row_factory = zelf.inner.lock().row_factory.clone();
        if row_factory.is_some() {
            ours.give_row_factory(row_factory);
        }
        Ok(cursor)
    }

    /// Executes an SQL statement.
    #[pymethod]
    fn execute(zelf: PyRef<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        Self::by_cursor(zelf, "execute", args, vm)
    }

    /// Repeatedly executes an SQL statement.
    #[pymethod]
    fn executemany(zelf: PyRef<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        Self::by_cursor(zelf, "executemany", args, vm)
    }

    /// Executes multiple SQL statements at once.
    #[pymethod]
    fn executescript(zelf: PyRef<Self>, args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        Self::by_cursor(zelf, "executescript", args, vm)
    }

    fn by_cursor(
        zelf: PyRef<Self>,
        method: &'static str,
        args: FuncArgs,
        vm: &VirtualMachine,
    ) -> PyResult {
        let cursor = vm.call_method(zelf.as_object(), "cursor", ())?;
        vm.call_method(&cursor, method, args)
    }

    /// Commit any pending transaction to the database.
    #[pymethod]
    fn commit(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        zelf.commit_now(vm)
    }

    /// Roll back to the start of any pending transaction.
    #[pymethod]
    fn rollback(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        zelf.rollback_now(vm)
    }

    /// Close the database connection. Any pending transaction is not committed implicitly.
    #[pymethod]
    fn close(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        if !zelf.inner.lock().initialized {
            return Err(errors::programming(
                "Base Connection.__init__ not called.",
                vm,
            ));
        }
        zelf.close_now(vm)
    }

    #[pymethod]
    fn __enter__(zelf: PyRef<Self>, vm: &VirtualMachine) -> PyResult<PyRef<Self>> {
        zelf.database(vm)?;
        Ok(zelf)
    }

    #[pymethod]
    fn __exit__(
        zelf: &Py<Self>,
        class: PyObjectRef,
        _error: PyObjectRef,
        _traceback: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<bool> {
        let _entered = zelf.enter(vm)?;
        if !vm.is_none(&class) {
            zelf.rollback_now(vm)?;
        } else if let Err(error) = zelf.commit_now(vm) {
            // What was not committed must not be left open.
            zelf.rollback_now(vm)?;
            return Err(error);
        }
        Ok(false)
    }

    /// Creates a new function. deterministic functions always return the same for the same.
    #[pymethod]
    fn create_function(zelf: &Py<Self>, args: FunctionArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::create_function(&database, args, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Creates a new aggregate.
    #[pymethod]
    fn create_aggregate(zelf: &Py<Self>, args: AggregateArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::create_aggregate(&database, args, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Creates or redefines an aggregate window function.
    #[pymethod]
    fn create_window_function(
        zelf: &Py<Self>,
        args: WindowArgs,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::create_window_function(&database, args, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Creates a collation function.
    #[pymethod]
    fn create_collation(
        zelf: &Py<Self>,
        name: PyUtf8StrRef,
        callable: PyObjectRef,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::create_collation(&database, name, callable, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Set authorizer callback.
    #[pymethod]
    fn set_authorizer(zelf: &Py<Self>, args: AuthorizerArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::set_authorizer(&database, args.authorizer_callback, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Set a trace callback called for each SQL statement (passed as unicode).
    #[pymethod]
    fn set_trace_callback(zelf: &Py<Self>, args: TraceArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::set_trace_callback(&database, args.trace_callback, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Set progress handler callback, called every n instructions of SQLite's.
    #[pymethod]
    fn set_progress_handler(
        zelf: &Py<Self>,
        args: ProgressArgs,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let (role, callback) = callbacks::set_progress_handler(&database, args, vm)?;
        zelf.keep(role, callback);
        Ok(())
    }

    /// Abort any pending database operation. Any thread may call it.
    #[pymethod]
    fn interrupt(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        zelf.database(vm)?.interrupt();
        Ok(())
    }

    /// Returns iterator to the dump of the database in an SQL text format.
    #[pymethod]
    fn iterdump(zelf: PyRef<Self>, args: DumpArgs, vm: &VirtualMachine) -> PyResult {
        zelf.database(vm)?;
        let dump = vm.import("sqlite3.dump", 0)?.get_attr("dump", vm)?;
        let dump = dump.get_attr("_iterdump", vm)?;
        let filter = args.filter.into_option().unwrap_or_else(|| vm.ctx.none());
        let named: KwArgs = std::iter::once(("filter", filter)).collect();
        dump.call(FuncArgs::new(vec![zelf.into()], named), vm)
    }

    /// Makes a backup of the database.
    #[pymethod]
    fn backup(zelf: PyRef<Self>, args: BackupArgs, vm: &VirtualMachine) -> PyResult<()> {
        let target = args.target;
        if zelf.is(&target) {
            return Err(vm.new_value_error("target cannot be the same connection instance"));
        }
        // In one order: two threads with opposite backups must not wait for each other.
        let (first, second) = if zelf.get_id() < target.get_id() {
            (&zelf, &target)
        } else {
            (&target, &zelf)
        };
        let _first = first.enter(vm)?;
        let _second = second.enter(vm)?;
        let (source, target) = (zelf.database(vm)?, target.database(vm)?);
        copies::backup(&source, &target, args.options, vm)
    }

    /// Serialize a database into a byte string.
    #[pymethod]
    fn serialize(zelf: &Py<Self>, args: NameArgs, vm: &VirtualMachine) -> PyResult<PyBytesRef> {
        let _entered = zelf.enter(vm)?;
        copies::serialize(&*zelf.database(vm)?, args, vm)
    }

    /// Load a serialized database.
    #[pymethod]
    fn deserialize(zelf: &Py<Self>, args: DeserializeArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        copies::deserialize(&*zelf.database(vm)?, args, vm)
    }

    /// Open and return a BLOB object.
    #[pymethod]
    fn blobopen(zelf: PyRef<Self>, args: BlobArgs, vm: &VirtualMachine) -> PyResult<PyRef<Blob>> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let table = values::c_text(args.table.as_str(), vm)?;
        let column = values::c_text(args.column.as_str(), vm)?;
        let name = named(&args.name, vm)?;
        let writable = c_int::from(!bool::from(args.readonly));
        let mut raw = std::ptr::null_mut();
        // SAFETY: the database is open, the texts end with nulls, and `raw` is written.
        let code = vm.allow_threads(|| unsafe {
            ffi::sqlite3_blob_open(
                database.raw(),
                name.as_ptr(),
                table.as_ptr(),
                column.as_ptr(),
                args.row,
                writable,
                &raw mut raw,
            )
        });
        if code != ffi::SQLITE_OK {
            return Err(failure(&database, vm));
        }
        let (blob, raw) = Blob::new(zelf.clone(), raw, database);
        let mut inner = zelf.inner.lock();
        inner.blobs.retain(|blob| blob.strong_count() > 0);
        inner.blobs.push(raw);
        drop(inner);
        Ok(blob.into_ref(&vm.ctx))
    }

    /// Get connection run-time limits.
    #[pymethod]
    fn getlimit(zelf: &Py<Self>, category: c_int, vm: &VirtualMachine) -> PyResult<c_int> {
        Self::setlimit(zelf, category, -1, vm)
    }

    /// Set connection run-time limits.
    #[pymethod]
    fn setlimit(
        zelf: &Py<Self>,
        category: c_int,
        limit: c_int,
        vm: &VirtualMachine,
    ) -> PyResult<c_int> {
        let _entered = zelf.enter(vm)?;
        let before = zelf.database(vm)?.limit(category, limit);
        if before < 0 {
            return Err(errors::programming("'category' is out of bounds", vm));
        }
        Ok(before)
    }

    /// Set a boolean connection configuration option.
    #[pymethod]
    fn setconfig(
        zelf: &Py<Self>,
        op: c_int,
        enable: OptionalArg<ArgIntoBool>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let wanted = c_int::from(enable.into_option().is_none_or(bool::from));
        if zelf.configure(op, wanted, vm)? == wanted {
            return Ok(());
        }
        Err(errors::operational("Unable to set config", vm))
    }

    /// Query a boolean connection configuration option.
    #[pymethod]
    fn getconfig(zelf: &Py<Self>, op: c_int, vm: &VirtualMachine) -> PyResult<bool> {
        zelf.configure(op, -1, vm).map(|set| set != 0)
    }

    /// Sets a setting, or leaves it if `value` is negative, and returns it.
    fn configure(&self, setting: c_int, value: c_int, vm: &VirtualMachine) -> PyResult<c_int> {
        let _entered = self.enter(vm)?;
        let database = self.database(vm)?;
        if !is_switch(setting) {
            return Err(vm.new_value_error(format!("unknown config 'op': {setting}")));
        }
        let mut now: c_int = 0;
        // SAFETY: a switch takes a number and a pointer to one.
        let code = unsafe { ffi::sqlite3_db_config(database.raw(), setting, value, &raw mut now) };
        if code != ffi::SQLITE_OK {
            return Err(errors::last(&database, vm));
        }
        Ok(now)
    }

    /// Enable dynamic loading of SQLite extension modules.
    #[pymethod]
    fn enable_load_extension(
        zelf: &Py<Self>,
        enable: ArgIntoBool,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        // SAFETY: the database is open.
        let code = unsafe {
            ffi::sqlite3_enable_load_extension(database.raw(), c_int::from(bool::from(enable)))
        };
        if code != ffi::SQLITE_OK {
            return Err(errors::operational("Error enabling load extension", vm));
        }
        Ok(())
    }

    /// Load SQLite extension module.
    #[pymethod]
    fn load_extension(zelf: &Py<Self>, args: LoadArgs, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let name = values::c_text(args.name.as_str(), vm)?;
        let entry = match args.entrypoint {
            OptionalArg::Present(Some(entry)) => Some(values::c_text(entry.as_str(), vm)?),
            _ => None,
        };
        let entry = entry
            .as_ref()
            .map_or(std::ptr::null(), |entry| entry.as_ptr());
        let mut message = std::ptr::null_mut();
        // SAFETY: the database is open and the texts end with nulls. The extension is C code, which
        // the program has asked for.
        let code = unsafe {
            ffi::sqlite3_load_extension(database.raw(), name.as_ptr(), entry, &raw mut message)
        };
        if code == ffi::SQLITE_OK {
            return Ok(());
        }
        if message.is_null() {
            return Err(errors::last(&database, vm));
        }
        // SAFETY: a text of SQLite's, which is ours to free.
        let text = unsafe {
            let text = std::ffi::CStr::from_ptr(message)
                .to_string_lossy()
                .into_owned();
            ffi::sqlite3_free(message.cast());
            text
        };
        Err(errors::operational(text, vm))
    }

    #[pygetset]
    fn isolation_level(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Option<&'static str>> {
        zelf.database(vm)?;
        Ok(zelf.inner.lock().isolation_level)
    }

    #[pygetset(setter)]
    fn set_isolation_level(
        zelf: &Py<Self>,
        level: PySetterValue<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let PySetterValue::Assign(level) = level else {
            return Err(vm.new_attribute_error("cannot delete attribute"));
        };
        let _entered = zelf.enter(vm)?;
        let level = level_of(&level, vm)?;
        if level.is_none() {
            zelf.commit_now(vm)?;
        }
        zelf.inner.lock().isolation_level = level;
        Ok(())
    }

    #[pygetset]
    fn autocommit(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        zelf.check_thread(vm)?;
        zelf.database(vm)?;
        let autocommit = zelf.inner.lock().autocommit;
        Ok(match autocommit {
            Autocommit::Legacy => vm.ctx.new_int(LEGACY).into(),
            Autocommit::On => vm.ctx.new_bool(true).into(),
            Autocommit::Off => vm.ctx.new_bool(false).into(),
        })
    }

    #[pygetset(setter)]
    fn set_autocommit(zelf: &Py<Self>, value: PyObjectRef, vm: &VirtualMachine) -> PyResult<()> {
        let _entered = zelf.enter(vm)?;
        let database = zelf.database(vm)?;
        let autocommit = Autocommit::of(&value, vm)?;
        match autocommit {
            Autocommit::On if !database.is_autocommit() => zelf.execute_plain("COMMIT", vm)?,
            Autocommit::Off if database.is_autocommit() => zelf.execute_plain("BEGIN", vm)?,
            _ => {}
        }
        zelf.inner.lock().autocommit = autocommit;
        Ok(())
    }

    #[pygetset]
    fn text_factory(zelf: &Py<Self>, vm: &VirtualMachine) -> PyObjectRef {
        let factory = zelf.text_factory_now();
        factory.unwrap_or_else(|| vm.ctx.types.str_type.to_owned().into())
    }

    #[pygetset(setter)]
    fn set_text_factory(zelf: &Py<Self>, factory: PyObjectRef, vm: &VirtualMachine) {
        let factory = Some(factory).filter(|given| !given.is(vm.ctx.types.str_type));
        let before = std::mem::replace(&mut zelf.inner.lock().text_factory, factory);
        drop(before);
    }

    #[pygetset]
    fn row_factory(zelf: &Py<Self>) -> Option<PyObjectRef> {
        zelf.inner.lock().row_factory.clone()
    }

    #[pygetset(setter)]
    fn set_row_factory(zelf: &Py<Self>, factory: Option<PyObjectRef>) {
        let before = std::mem::replace(&mut zelf.inner.lock().row_factory, factory);
        drop(before);
    }

    #[pygetset]
    fn in_transaction(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<bool> {
        Ok(!zelf.database(vm)?.is_autocommit())
    }

    #[pygetset]
    fn total_changes(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<i64> {
        zelf.check_thread(vm)?;
        Ok(zelf.database(vm)?.total_changes())
    }
}

/// `sqlite3.connect`.
pub(super) fn connect(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
    /// The place of `factory` among the arguments.
    const FACTORY: usize = 5;
    let given = args
        .kwargs
        .get("factory")
        .or_else(|| args.args.get(FACTORY));
    let factory: PyObjectRef = match given {
        Some(factory) => factory.clone(),
        None => {
            let class: PyTypeRef = Connection::class(&vm.ctx).to_owned();
            class.into()
        }
    };
    factory.call(args, vm)
}
