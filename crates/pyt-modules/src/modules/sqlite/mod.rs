//! The module `_sqlite3`: SQLite's databases for Python.
//!
//! It takes upstream's place. There a thread that waits for another connection, or runs a long
//! statement, stays in the interpreter, so that nothing else runs; two threads that share a
//! connection can stop each other until the process ends; functions that SQLite calls run on the
//! virtual machine of the thread that has set them; and converters and adapters are the process's.
//! Constants and exceptions are upstream's.

mod adapting;
mod blob;
mod callback;
mod connection;
mod cursor;
mod database;
mod errors;
mod row;
mod statement;
mod values;

pub(crate) use _sqlite3::module_def;
pub(crate) use adapting::release;
pub(crate) use connection::addresses;

#[rustpython_vm::pymodule]
mod _sqlite3 {
    use std::ffi::CString;

    use rustpython_vm::{
        AsObject, Py, PyObjectRef, PyResult, VirtualMachine,
        builtins::{PyModule, PyStrRef, PyTypeRef, PyUtf8StrRef},
        class::PyClassImpl,
        function::{ArgCallable, ArgIntoBool, FuncArgs, OptionalArg},
    };

    use super::{
        adapting,
        blob::Blob,
        connection::{self, Connection},
        cursor::Cursor,
        errors,
        row::Row,
    };
    use crate::upstream;

    /// The exceptions that a connection has as attributes, too.
    const EXCEPTIONS: [&str; 10] = [
        "DataError",
        "DatabaseError",
        "Error",
        "IntegrityError",
        "InterfaceError",
        "InternalError",
        "NotSupportedError",
        "OperationalError",
        "ProgrammingError",
        "Warning",
    ];

    /// Open a connection to the SQLite database file.
    #[pyfunction]
    fn connect(args: FuncArgs, vm: &VirtualMachine) -> PyResult {
        connection::connect(args, vm)
    }

    /// Checks if a string contains a complete SQL statement.
    #[pyfunction]
    fn complete_statement(statement: PyUtf8StrRef, vm: &VirtualMachine) -> PyResult<bool> {
        let text = CString::new(statement.as_str());
        let text = text.map_err(|_| vm.new_value_error("embedded null character"))?;
        // SAFETY: the text ends with a null.
        Ok(unsafe { libsqlite3_sys::sqlite3_complete(text.as_ptr()) } == 1)
    }

    /// Enable or disable callback functions throwing errors to stderr.
    #[pyfunction]
    fn enable_callback_tracebacks(enable: ArgIntoBool, vm: &VirtualMachine) -> PyResult<()> {
        adapting::with(vm, |registries| registries.shows_tracebacks = enable.into())
    }

    /// Register a function to adapt Python objects to SQLite values.
    #[pyfunction]
    fn register_adapter(
        class: PyTypeRef,
        adapter: ArgCallable,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        adapting::register_adapter(class, adapter.into(), vm)
    }

    /// Register a function to convert SQLite values to Python objects.
    #[pyfunction]
    fn register_converter(
        typename: PyStrRef,
        converter: ArgCallable,
        vm: &VirtualMachine,
    ) -> PyResult<()> {
        let name = vm.call_method(typename.as_object(), "upper", ())?;
        let converters = adapting::with(vm, |registries| registries.converters.clone())?;
        converters.set_item(&*name, converter.into(), vm)
    }

    /// Adapt given object to given protocol.
    #[pyfunction]
    fn adapt(
        obj: PyObjectRef,
        proto: OptionalArg<PyObjectRef>,
        alt: OptionalArg<PyObjectRef>,
        vm: &VirtualMachine,
    ) -> PyResult {
        let protocol = match proto {
            OptionalArg::Present(protocol) => protocol,
            OptionalArg::Missing => adapting::with(vm, |registries| registries.protocol.clone())?,
        };
        match (adapting::adapt(&obj, &protocol, vm)?, alt) {
            (Some(adapted), _) => Ok(adapted),
            (None, OptionalArg::Present(other)) => Ok(other),
            (None, OptionalArg::Missing) => Err(errors::programming("can't adapt", vm)),
        }
    }

    pub(crate) fn module_exec(vm: &VirtualMachine, module: &Py<PyModule>) -> PyResult<()> {
        __module_exec(vm, module);
        let dict = module.dict();
        let connection = Connection::make_static_type();
        let classes = [
            ("Blob", Blob::make_static_type()),
            ("Connection", connection.clone()),
            ("Cursor", Cursor::make_static_type()),
            ("Row", Row::make_static_type()),
        ];
        for (name, class) in classes {
            dict.set_item(name, class.into(), vm)?;
        }
        upstream::complete(vm, "_sqlite3", module)?;
        errors::take(module, vm)?;
        for name in EXCEPTIONS {
            let key = vm.ctx.intern_str(name);
            // The class is the process's, as the exceptions are.
            if connection.get_direct_attr(key).is_none() {
                connection.set_attr(key, dict.get_item(name, vm)?);
            }
        }
        let protocol = dict.get_item("PrepareProtocol", vm)?;
        let registries = adapting::begin(protocol, vm);
        dict.set_item("converters", registries.converters.into(), vm)?;
        dict.set_item("adapters", registries.adapters.into(), vm)?;
        // Upstream's class for statements, of which there are none here.
        dict.del_item("Statement", vm)
    }
}
