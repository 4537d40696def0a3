//! `sqlite3.Cursor`: runs statements, and gives their rows.

use std::{ffi::c_int, sync::Arc};

use libsqlite3_sys as ffi;
use parking_lot::Mutex;
use rustpython_vm::{
    AsObject, Py, PyObjectRef, PyPayload, PyRef, PyResult, VirtualMachine,
    builtins::{PyTupleRef, PyType, PyUtf8StrRef},
    function::{ArgIterable, FuncArgs, OptionalArg, PySetterValue},
    object::{Traverse, TraverseFn},
    protocol::PyIterReturn,
    pyclass,
    types::{Constructor, Destructor, Initializer, IterNext, Iterable, SelfIter},
};

use super::{
    adapting,
    connection::Connection,
    database::RawHandle,
    errors,
    statement::Statement,
    values::{self, TextFactory},
};

/// Columns whose names hold their types, as `connect` takes it.
const PARSE_COLNAMES: c_int = 2;
/// Columns that were declared with types, as `connect` takes it.
const PARSE_DECLTYPES: c_int = 1;

/// A cursor of a database: it runs statements, and fetches their rows.
#[pyclass(module = "sqlite3", name = "Cursor", traverse = "manual")]
#[derive(Debug, PyPayload)]
pub(super) struct Cursor {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    /// `None` until `__init__`.
    connection: Option<PyRef<Connection>>,
    description: Option<PyTupleRef>,
    /// The function for each column, if columns are converted.
    converters: Vec<Option<PyObjectRef>>,
    row_factory: Option<PyObjectRef>,
    last_row: Option<i64>,
    rowcount: i64,
    array_size: i64,
    /// The statement whose rows are not all fetched yet.
    statement: Option<Arc<Statement>>,
    closed: bool,
    /// A statement is being run, or a row fetched: Python code that this calls may not do so.
    in_use: bool,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            connection: None,
            description: None,
            converters: Vec::new(),
            row_factory: None,
            last_row: None,
            rowcount: -1,
            array_size: 1,
            statement: None,
            closed: false,
            in_use: false,
        }
    }
}

// SAFETY: each object is visited once.
unsafe impl Traverse for Inner {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.connection.traverse(visit);
        self.description.traverse(visit);
        self.converters.traverse(visit);
        self.row_factory.traverse(visit);
    }
}

// SAFETY: as above.
unsafe impl Traverse for Cursor {
    fn traverse(&self, visit: &mut TraverseFn<'_>) {
        self.inner.traverse(visit);
    }
}

impl Destructor for Cursor {
    /// A statement whose rows are not all fetched keeps its locks; the connection keeps statements.
    fn del(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let statement = zelf.inner.lock().statement.take();
        if let Some(statement) = statement {
            statement.reset(vm);
        }
        Ok(())
    }
}

/// Marks a cursor as in use.
struct Use<'a>(&'a Cursor);

impl Drop for Use<'_> {
    fn drop(&mut self) {
        self.0.inner.lock().in_use = false;
    }
}

impl Cursor {
    /// The description of the statement that was run last.
    pub(super) fn description_now(&self) -> Option<PyTupleRef> {
        self.inner.lock().description.clone()
    }

    fn connection_of(&self, vm: &VirtualMachine) -> PyResult<PyRef<Connection>> {
        let connection = self.inner.lock().connection.clone();
        connection.ok_or_else(|| errors::programming("Base Cursor.__init__ not called.", vm))
    }

    /// Whether the cursor may be used. Its connection is the calling thread's.
    fn check(&self, vm: &VirtualMachine) -> PyResult<()> {
        let inner = self.inner.lock();
        if inner.closed {
            let message = "Cannot operate on a closed cursor.";
            return Err(errors::programming(message, vm));
        }
        if inner.in_use {
            let message = "Recursive use of cursors not allowed.";
            return Err(errors::programming(message, vm));
        }
        Ok(())
    }

    fn begin_use(&self) -> Use<'_> {
        self.inner.lock().in_use = true;
        Use(self)
    }

    /// Runs a statement, for each of `parameters` that the iterator gives.
    fn run(&self, sql: &str, parameters: Parameters, vm: &VirtualMachine) -> PyResult<()> {
        let connection = self.connection_of(vm)?;
        let _entered = connection.enter(vm)?;
        self.check(vm)?;
        connection.database(vm)?;
        let used = self.begin_use();
        let result = self.run_alone(&connection, sql, parameters, vm);
        drop(used);
        let mut inner = self.inner.lock();
        let over = match (&result, &inner.statement) {
            (Ok(()), Some(statement)) if statement.is_busy() => None,
            _ => inner.statement.take(),
        };
        if result.is_err() {
            inner.rowcount = -1;
        }
        drop(inner);
        if let (Err(_), Some(statement)) = (&result, &over) {
            statement.reset(vm);
        }
        result
    }

    fn run_alone(
        &self,
        connection: &Connection,
        sql: &str,
        parameters: Parameters,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let database = connection.database(vm)?;
        let before = {
            let mut inner = self.inner.lock();
            (inner.description.take(), inner.statement.take())
        };
        if let Some(statement) = &before.1 {
            statement.reset(vm);
        }
        drop(before);
        let mut statement = connection.statement(sql, vm)?;
        if statement.is_busy() {
            // Another cursor has not fetched all of its rows.
            statement = Arc::new(Statement::compile(&database, sql, vm)?);
        }
        {
            let mut inner = self.inner.lock();
            inner.statement = Some(statement.clone());
            inner.rowcount = if statement.changes_rows { 0 } else { -1 };
        }
        let Some(handle) = &statement.handle else {
            return Ok(());
        };
        let many = matches!(parameters, Parameters::Many(_));
        if many && handle.is_readonly() {
            let message = "executemany() can only execute DML statements.";
            return Err(errors::programming(message, vm));
        }
        handle.reset(vm);
        if statement.changes_rows {
            connection.begin_implicitly(vm)?;
        }
        let once = |given: &rustpython_vm::PyObject| -> PyResult<()> {
            values::bind_all(handle, given, vm)?;
            let code = connection.step(handle, vm)?;
            self.describe(connection, handle, vm)?;
            if code == ffi::SQLITE_DONE && statement.changes_rows {
                self.inner.lock().rowcount += database.changes();
            }
            if code == ffi::SQLITE_DONE || many {
                handle.reset(vm);
            }
            Ok(())
        };
        match parameters {
            Parameters::One(given) => {
                once(&given)?;
                self.inner.lock().last_row = Some(database.last_row());
            }
            Parameters::Many(given) => {
                for parameters in given.iter(vm)? {
                    let parameters: PyObjectRef = parameters?;
                    once(&parameters)?;
                }
            }
        }
        Ok(())
    }

    /// Sets the description and the converters for a statement that has been run.
    fn describe(
        &self,
        connection: &Connection,
        handle: &RawHandle,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let columns = handle.columns();
        let detect = connection.detect_types();
        let mut converters = Vec::new();
        if detect != 0 {
            for column in 0..columns {
                converters.push(converter(handle, column, detect, vm)?);
            }
        }
        let known = self.inner.lock().description.is_some();
        let description = (!known && columns > 0).then(|| {
            let columns = (0..columns).map(|column| {
                let name = handle.column_name(column).unwrap_or_default();
                let name = name.to_string_lossy().into_owned();
                let name = shown_name(&name, detect).to_owned();
                let mut items = vec![vm.ctx.new_str(name).into()];
                items.resize(7, vm.ctx.none());
                vm.ctx.new_tuple(items).into()
            });
            vm.ctx.new_tuple(columns.collect())
        });
        let mut inner = self.inner.lock();
        let before = std::mem::replace(&mut inner.converters, converters);
        if description.is_some() {
            inner.description = description;
        }
        drop(inner);
        drop(before);
        Ok(())
    }

    /// The next row, as a tuple; `None` after the last.
    fn fetch(&self, vm: &VirtualMachine) -> PyResult<Option<PyTupleRef>> {
        let connection = self.connection_of(vm)?;
        let _entered = connection.enter(vm)?;
        self.check(vm)?;
        connection.database(vm)?;
        let (statement, converters) = {
            let inner = self.inner.lock();
            (inner.statement.clone(), inner.converters.clone())
        };
        let Some(statement) = statement else {
            return Ok(None);
        };
        let Some(handle) = &statement.handle else {
            return Ok(None);
        };
        let columns = handle.columns_here();
        if columns == 0 {
            self.finish(&statement, vm);
            return Ok(None);
        }
        let used = self.begin_use();
        let texts = TextFactory::of(connection.text_factory_now(), vm);
        let mut row = Vec::with_capacity(usize::try_from(columns).unwrap_or(0));
        for column in 0..columns {
            let index = usize::try_from(column).unwrap_or(0);
            let value = match converters.get(index) {
                Some(Some(converter)) => match values::column_bytes(handle, column) {
                    // SQLite gives no pointer to nothing, which CPython takes for NULL.
                    Some(bytes) if !bytes.is_empty() => {
                        converter.call((vm.ctx.new_bytes(bytes),), vm)?
                    }
                    _ => vm.ctx.none(),
                },
                _ => values::column(handle, column, &texts, vm)?,
            };
            row.push(value);
        }
        drop(used);
        match connection.step(handle, vm) {
            Ok(ffi::SQLITE_DONE) => {
                if statement.changes_rows
                    && let Ok(database) = connection.database(vm)
                {
                    self.inner.lock().rowcount = database.changes();
                }
                self.finish(&statement, vm);
            }
            Ok(_) => {}
            Err(error) => {
                self.finish(&statement, vm);
                return Err(error);
            }
        }
        Ok(Some(vm.ctx.new_tuple(row)))
    }

    fn finish(&self, statement: &Statement, vm: &VirtualMachine) {
        statement.reset(vm);
        let over = self.inner.lock().statement.take();
        drop(over);
    }
}

/// What a statement is run with.
enum Parameters {
    One(PyObjectRef),
    Many(ArgIterable),
}

/// The function that converts a column, by the column's name or type.
fn converter(
    handle: &RawHandle,
    column: c_int,
    detect: c_int,
    vm: &VirtualMachine,
) -> PyResult<Option<PyObjectRef>> {
    if detect & PARSE_COLNAMES != 0
        && let Some(name) = handle.column_name(column)
    {
        let name = name.to_string_lossy();
        let kind = name
            .split_once('[')
            .and_then(|(_, rest)| rest.split_once(']'));
        if let Some((kind, _)) = kind
            && let Some(converter) = adapting::converter(kind, vm)?
        {
            return Ok(Some(converter));
        }
    }
    if detect & PARSE_DECLTYPES != 0
        && let Some(declared) = handle.column_type(column)
    {
        let declared = declared.to_string_lossy();
        let kind = declared.split([' ', '(']).next().unwrap_or_default();
        return adapting::converter(kind, vm);
    }
    Ok(None)
}

/// A column's name without the type in it.
fn shown_name(name: &str, detect: c_int) -> &str {
    match name.find('[') {
        Some(at) if detect & PARSE_COLNAMES != 0 => {
            let shown = &name[..at];
            shown.strip_suffix(' ').unwrap_or(shown)
        }
        _ => name,
    }
}

#[pyclass(
    with(Constructor, Initializer, IterNext, Iterable, Destructor),
    flags(BASETYPE, HAS_WEAKREF)
)]
impl Cursor {
    /// Executes an SQL statement.
    #[pymethod]
    fn execute(
        zelf: PyRef<Self>,
        sql: PyUtf8StrRef,
        parameters: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult<PyRef<Self>> {
        let none = || vm.ctx.empty_tuple.clone().into();
        let parameters = parameters.into_option().unwrap_or_else(none);
        zelf.run(sql.as_str(), Parameters::One(parameters), vm)?;
        Ok(zelf)
    }

    /// Repeatedly executes an SQL statement.
    #[pymethod]
    fn executemany(
        zelf: PyRef<Self>,
        sql: PyUtf8StrRef,
        seq_of_parameters: ArgIterable,
        vm: &VirtualMachine,
    ) -> PyResult<PyRef<Self>> {
        zelf.run(sql.as_str(), Parameters::Many(seq_of_parameters), vm)?;
        Ok(zelf)
    }

    /// Executes multiple SQL statements at once.
    #[pymethod]
    fn executescript(
        zelf: PyRef<Self>,
        sql_script: PyUtf8StrRef,
        vm: &VirtualMachine,
    ) -> PyResult<PyRef<Self>> {
        let connection = zelf.connection_of(vm)?;
        let entered = connection.enter(vm)?;
        zelf.check(vm)?;
        connection.run_script(sql_script.as_str(), vm)?;
        drop(entered);
        Ok(zelf)
    }

    /// Fetches one row from the resultset.
    #[pymethod]
    fn fetchone(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult {
        match Self::next(zelf, vm)? {
            PyIterReturn::Return(row) => Ok(row),
            PyIterReturn::StopIteration(_) => Ok(vm.ctx.none()),
        }
    }

    /// Fetches several rows from the resultset.
    #[pymethod]
    fn fetchmany(
        zelf: &Py<Self>,
        args: FetchMany,
        vm: &VirtualMachine,
    ) -> PyResult<Vec<PyObjectRef>> {
        let size = args.size.unwrap_or_else(|| zelf.inner.lock().array_size);
        if size < 0 {
            return Err(vm.new_value_error("fetchmany may not be negative"));
        }
        let mut rows = Vec::new();
        while i64::try_from(rows.len()).is_ok_and(|fetched| fetched < size)
            && let PyIterReturn::Return(row) = Self::next(zelf, vm)?
        {
            rows.push(row);
        }
        Ok(rows)
    }

    /// Fetches all rows from the resultset.
    #[pymethod]
    fn fetchall(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<Vec<PyObjectRef>> {
        let mut rows = Vec::new();
        while let PyIterReturn::Return(row) = Self::next(zelf, vm)? {
            rows.push(row);
        }
        Ok(rows)
    }

    /// Closes the cursor.
    #[pymethod]
    fn close(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<()> {
        let connection = zelf.connection_of(vm)?;
        let _entered = connection.enter(vm)?;
        if zelf.inner.lock().in_use {
            let message = "Recursive use of cursors not allowed.";
            return Err(errors::programming(message, vm));
        }
        connection.database(vm)?;
        let statement = {
            let mut inner = zelf.inner.lock();
            inner.closed = true;
            inner.statement.take()
        };
        if let Some(statement) = statement {
            statement.reset(vm);
        }
        Ok(())
    }

    /// Required by DB-API. Does nothing in sqlite3.
    #[pymethod]
    fn setinputsizes(_zelf: &Py<Self>, _sizes: PyObjectRef) {}

    /// Required by DB-API. Does nothing in sqlite3.
    #[pymethod]
    fn setoutputsize(_zelf: &Py<Self>, _size: PyObjectRef, _column: OptionalArg<PyObjectRef>) {}

    #[pygetset]
    fn connection(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyRef<Connection>> {
        zelf.connection_of(vm)
    }

    #[pygetset]
    fn description(zelf: &Py<Self>) -> Option<PyTupleRef> {
        zelf.description_now()
    }

    #[pygetset]
    fn lastrowid(zelf: &Py<Self>) -> Option<i64> {
        zelf.inner.lock().last_row
    }

    #[pygetset]
    fn rowcount(zelf: &Py<Self>) -> i64 {
        zelf.inner.lock().rowcount
    }

    #[pygetset]
    fn arraysize(zelf: &Py<Self>) -> i64 {
        zelf.inner.lock().array_size
    }

    #[pygetset(setter)]
    fn set_arraysize(zelf: &Py<Self>, size: i64, vm: &VirtualMachine) -> PyResult<()> {
        if size < 0 {
            return Err(vm.new_value_error("arraysize may not be negative"));
        }
        zelf.inner.lock().array_size = size;
        Ok(())
    }

    #[pygetset]
    pub(super) fn row_factory(zelf: &Py<Self>) -> Option<PyObjectRef> {
        zelf.inner.lock().row_factory.clone()
    }

    #[pygetset(setter)]
    fn set_row_factory(zelf: &Py<Self>, factory: PySetterValue<Option<PyObjectRef>>) {
        let factory = match factory {
            PySetterValue::Assign(factory) => factory,
            PySetterValue::Delete => None,
        };
        zelf.give_row_factory(factory);
    }

    /// Sets the row factory.
    pub(super) fn give_row_factory(&self, factory: Option<PyObjectRef>) {
        let before = std::mem::replace(&mut self.inner.lock().row_factory, factory);
        drop(before);
    }
}

#[derive(rustpython_vm::FromArgs)]
struct FetchMany {
    #[pyarg(any, optional)]
    size: Option<i64>,
}

impl Constructor for Cursor {
    type Args = FuncArgs;

    fn py_new(_cls: &Py<PyType>, _args: FuncArgs, _vm: &VirtualMachine) -> PyResult<Self> {
        Ok(Self {
            inner: Mutex::default(),
        })
    }
}

impl Initializer for Cursor {
    type Args = (PyRef<Connection>,);

    fn init(zelf: &Py<Self>, (connection,): Self::Args, vm: &VirtualMachine) -> PyResult<()> {
        connection.check_thread(vm)?;
        if zelf.inner.lock().in_use {
            let message = "Recursive use of cursors not allowed.";
            return Err(errors::programming(message, vm));
        }
        let new = Inner {
            connection: Some(connection),
            ..Inner::default()
        };
        let before = std::mem::replace(&mut *zelf.inner.lock(), new);
        drop(before);
        Ok(())
    }
}

impl SelfIter for Cursor {}

impl IterNext for Cursor {
    fn next(zelf: &Py<Self>, vm: &VirtualMachine) -> PyResult<PyIterReturn> {
        let Some(row) = zelf.fetch(vm)? else {
            return Ok(PyIterReturn::StopIteration(None));
        };
        let factory = zelf.inner.lock().row_factory.clone();
        match factory {
            Some(factory) => factory
                .call((zelf.as_object().to_owned(), row), vm)
                .map(PyIterReturn::Return),
            None => Ok(PyIterReturn::Return(row.into())),
        }
    }
}
