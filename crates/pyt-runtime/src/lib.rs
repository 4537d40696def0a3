//! A Python 3.14 runtime for Rust hosts: one object, [`Runtime`], made by a [`Builder`].
//!
//! ```
//! use pyt_runtime::Runtime;
//!
//! let runtime = Runtime::builder().build()?;
//! runtime.exec("def area(width, height): return width * height")?;
//! let area: i64 = runtime.eval("area(6, 7)")?;
//! assert_eq!(area, 42);
//! # runtime.finish();
//! # Ok::<(), pyt_runtime::Error>(())
//! ```
//!
//! # Values
//!
//! [`IntoPython`] and [`FromPython`] list which Rust types become which objects; any other object
//! is a [`Value`], which may go to any thread and outlive its runtime. [`Code`] is compiled once
//! and run many times. Structures are converted by `serde`: [`Serde`], [`Value::deserialize`].
//!
//! ```
//! # use pyt_runtime::{Runtime, Value, kw};
//! # let runtime = Runtime::builder().build()?;
//! let words: Value = runtime.eval("['one', 'three', 'two']")?;
//! words.call_method::<()>("sort", (kw("reverse", true),))?;
//! assert_eq!(words.extract::<Vec<String>>()?, ["two", "three", "one"]);
//! # runtime.finish();
//! # Ok::<(), pyt_runtime::Error>(())
//! ```
//!
//! # Calling back
//!
//! Closures with typed arguments become functions, by [`Function`] and [`ModuleBuilder`]; types
//! become classes by `#[derive(PyClass)]` ([`PyClass`](trait@PyClass)) or by a [`ClassBuilder`]. An
//! `Err` is raised as an exception, and a panic as `RuntimeError`. [`ModuleBuilder::stub`] is what
//! editors read.
//!
//! ```
//! # use pyt_runtime::{ModuleBuilder, Runtime};
//! let host = ModuleBuilder::new("host").function("halve", |n: i64| match n % 2 {
//!     0 => Ok(n / 2),
//!     _ => Err(pyt_runtime::Error::new("ValueError", "odd")),
//! });
//! let runtime = Runtime::builder().module(host).build()?;
//! assert_eq!(runtime.eval::<i64>("__import__('host').halve(8)")?, 4);
//! # runtime.finish();
//! # Ok::<(), pyt_runtime::Error>(())
//! ```
//!
//! # Threads
//!
//! A [`Runtime`] is `Send + Sync`. The thread that made it is Python's main thread; any other may
//! enter at any time, and is a Python thread for as long as it is inside. [`Runtime::enter`] does
//! many things while inside, [`Python::detach`] leaves for work that blocks, [`Runtime::spawn`]
//! starts a thread for host code, and a [`Queue`] is a `queue.Queue` on one side and a channel on
//! the other. Several runtimes in one process are independent; a [`RuntimePool`] keeps some ready.
//!
//! # Control
//!
//! [`Runtime::interrupter`] returns a handle that raises an exception in threads, blocked ones
//! included, or stops them whatever they catch. [`Limits`] stop a call that uses too much time,
//! memory, threads or output. [`Runtime::threads`] lists what each thread does, what it waits for
//! and which thread holds that; [`Runtime::shutdown`] ends everything within a time.
//!
//! ```
//! # use std::time::Duration;
//! # use pyt_runtime::{ErrorKind, Limit, Limits, Runtime};
//! # let runtime = Runtime::builder().build()?;
//! let second = Duration::from_secs(1);
//! let limits = Limits::new().wall(second);
//! let error = runtime.with_limits(&limits, |py| py.exec("while True: pass")).flatten();
//! assert_eq!(error.unwrap_err().kind(), ErrorKind::Limit(Limit::Wall(second)));
//! # runtime.finish();
//! # Ok::<(), pyt_runtime::Error>(())
//! ```
//!
//! Native code is interrupted only when it returns: a long `pow` of integers or match of a regular
//! expression runs to its end first. In a sandbox it is ended.
//!
//! # Async hosts
//!
//! [`Runtime::exec_async`], [`eval_async`](Runtime::eval_async) and
//! [`run_async`](Runtime::run_async) return futures, for any executor. Dropping one stops its code,
//! so `tokio::time::timeout` and `select!` end it. [`Value::await_async`] awaits coroutines, and an
//! [`Awaitable`] is a Rust future that Python awaits. [`RuntimePool::get_async`] waits for a
//! runtime.
//!
//! # Output, input, isolation
//!
//! [`Builder::stdout`] and [`Builder::stderr`] lead to a [`Capture`], a writer, or a callback for
//! whole lines with the thread's name. [`Builder::isolated`] makes a runtime whose program has no
//! access to files, network, processes and the environment except what is granted: see
//! [`Isolation`].
//!
//! # Programs that are not trusted
//!
//! `Builder::sandboxed` makes an interpreter in a process of its own, which the kernel confines:
//! see the module `sandbox`. Its limits end native code as well, and a crash of it is an [`Error`].
//!
//! # Schedules
//!
//! [`Runtime::explore`] runs a script under many schedules and reports what fails in some of them:
//! see [`explore`].
//!
//! # The command line
//!
//! The command `pyt` uses the same API: [`Options`] has every flag of CPython, [`Runtime::main`]
//! runs a program as the `python` command does, and [`doc`] runs the code blocks of a document.

mod api;
mod command;
mod config;
mod control;
mod deadlock;
pub mod explore;
mod isolation;
mod paths;
#[cfg(all(feature = "sandbox", target_os = "linux"))]
pub mod sandbox;
mod startup;
mod stream;
mod timeline;

pub use api::awaitable::Awaitable;
#[doc(hidden)]
pub use api::class::derive::private as __private;
pub use api::class::{
    Class, ClassBuilder, HostConstructor, HostMethod, HostMethodMut, Instance, IntoState, PyClass,
};
pub use api::code::{Code, CompileMode};
pub use api::completion::Completions;
pub use api::error::{Crash, Error, ErrorKind, Frame};
pub use api::function::{FromArgument, Function, HostFunction, Keywords, Rest};
pub use api::native_module::ModuleBuilder;
pub use api::pool::{PooledRuntime, RuntimePool};
pub use api::python::Python;
pub use api::queue::Queue;
pub use api::runtime::Runtime;
pub use api::serde::Serde;
pub use api::value::{
    Buffer, BufferItem, Display, DisplayForm, FromPython, IntoArg, IntoArgs, IntoPython, Iter, Kw,
    Unpack, UnpackKw, Value, kw, unpack, unpack_kw,
};
pub use command::{doc, run::Program};
#[doc(hidden)]
pub use config::arguments;
pub use config::builder::Builder;
pub use config::options::{
    CheckHashPycs, Deadlocks, OptionError, Options, Tier, UnknownDeadlocks, UnknownTier,
};
pub use control::{
    Interrupter, JoinHandle, Limit, Limits, StackFrame, ThreadInfo, ThreadOrigin, ThreadState,
    ThreadsView, Wait,
};
pub use isolation::Isolation;
pub use pyt_macros::{PyClass, py_methods};
#[doc(hidden)]
pub use pyt_modules::pythonapi;
/// RustPython, for what this crate has no API for: the types of [`Python::vm`],
/// [`Value::from_object`], [`Value::as_object`] and [`Error::from_exception`].
///
/// It is pinned to version [`RUSTPYTHON_VERSION`]. Code that uses it may have to change with each
/// release of this crate, also with releases that change nothing else.
pub use rustpython_vm as vm;
pub use stream::{Capture, Input, Line, Output};
pub use timeline::Timeline;

/// The version of Python whose language and library this runtime implements.
#[must_use]
pub fn python_version() -> String {
    use rustpython_vm::version::{MAJOR, MICRO, MINOR};
    format!("{MAJOR}.{MINOR}.{MICRO}")
}

/// The version of RustPython that this runtime is built on.
pub const RUSTPYTHON_VERSION: &str = "0.6.0";

// Programs that must not compile, each beside one that must.
#[cfg(doctest)]
#[doc = include_str!("../tests/compile_fail.md")]
mod compile_fail {}

/// The examples of the crate's README are compiled and run as doctests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeDoctests;

/// The recipes are compiled and run as doctests.
#[cfg(doctest)]
#[doc = include_str!("../RECIPES.md")]
struct RecipeDoctests;

/// The tutorial's programs are compiled and run as doctests.
#[cfg(doctest)]
#[doc = include_str!("../TUTORIAL.md")]
struct TutorialDoctests;
