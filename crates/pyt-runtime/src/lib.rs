//! A Python 3.14 runtime for Rust hosts: one object, [`Runtime`], made by a [`Builder`].
//!
//! ```no_run
//! use pyt_runtime::Runtime;
//!
//! let runtime = Runtime::builder().build()?;
//! runtime.exec("import threading\ncount = threading.active_count()")?;
//! assert_eq!(runtime.eval::<i64>("count")?, 1);
//! let status = runtime.finish();
//! assert_eq!(status, 0);
//! # Ok::<(), pyt_runtime::Error>(())
//! ```
//!
//! The command line `pyt` is made of the same parts: [`Options`] holds every flag of CPython,
//! [`Runtime::main`] does what the `python` command does with them, and [`doc`] runs the code
//! blocks of a document.

mod builder;
mod class;
mod code;
mod control;
mod deadlock;
pub mod doc;
mod environment;
mod error;
pub mod explore;
mod function;
mod isolation;
mod module;
mod native_module;
mod options;
mod pool;
mod python;
mod queue;
mod repl;
mod run;
mod runtime;
mod serde;
mod settings;
mod shared;
mod source;
mod stream;
mod value;
mod xoptions;

pub use builder::Builder;
pub use class::{
    Class, ClassBuilder, HostConstructor, HostMethod, HostMethodMut, Instance, IntoState,
};
pub use code::Code;
pub use control::{
    Interrupter, JoinHandle, Limit, Limits, StackFrame, ThreadInfo, ThreadOrigin, ThreadState, Wait,
};
pub use error::{Error, ErrorKind, Frame};
pub use function::{FromArgument, Function, HostFunction, Keywords, Rest};
pub use isolation::Isolation;
pub use native_module::ModuleBuilder;
pub use options::{CheckHashPycs, Deadlocks, OptionError, Options, UnknownDeadlocks};
pub use pool::{PooledRuntime, RuntimePool};
#[doc(hidden)]
pub use pyt_modules::pythonapi;
pub use python::Python;
pub use queue::Queue;
pub use run::Program;
pub use runtime::Runtime;
pub use rustpython_vm as vm;
pub use serde::Serde;
pub use stream::{Capture, Input, Line, Output};
pub use value::{
    FromPython, IntoArg, IntoArgs, IntoPython, Iter, Kw, Unpack, UnpackKw, Value, kw, unpack,
    unpack_kw,
};

/// The version of Python whose language and library this runtime implements.
#[must_use]
pub fn python_version() -> String {
    use rustpython_vm::version::{MAJOR, MICRO, MINOR};
    format!("{MAJOR}.{MINOR}.{MICRO}")
}

/// The version of RustPython that this runtime stands on.
pub const RUSTPYTHON_VERSION: &str = "0.6.0";
