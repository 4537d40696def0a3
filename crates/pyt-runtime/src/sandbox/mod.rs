//! Sandboxes: interpreters in processes of their own, which the kernel confines.
//!
//! [`Builder::sandboxed`](crate::Builder::sandboxed) makes one. Nothing here rests on the
//! interpreter: a program that takes it over can do no more than any other program in that process.
//! `docs/isolation.md` says what is guaranteed, and when an [isolated](crate::Builder::isolated)
//! runtime in the own process is enough.
//!
//! ```no_run
//! use std::time::Duration;
//! use pyt_runtime::{ErrorKind, Limit, Limits, Runtime, sandbox::{self, Sandbox}};
//!
//! fn main() -> Result<(), pyt_runtime::Error> {
//!     // The sandbox's process runs this program again, and stays in this call.
//!     sandbox::child_main();
//!
//!     let second = Duration::from_secs(1);
//!     let sandbox = Runtime::builder()
//!         .limits(Limits::new().wall(second))
//!         .sandboxed(Sandbox::require().memory(100 << 20).read("/srv/data"))
//!         .function("host.price", |(item,): (String,)| Ok(item.len() as f64))
//!         .build()?;
//!
//!     sandbox.exec("import host\ndef total(items): return sum(host.price(i) for i in items)")?;
//!     let total: f64 = sandbox.call("total", (["tea", "milk"],))?;
//!     assert_eq!(total, 7.0);
//!
//!     // A native call of hours. The process is ended, and another sandbox can be built.
//!     let error = sandbox.exec("sum(range(10 ** 12))").unwrap_err();
//!     assert_eq!(error.kind(), ErrorKind::Limit(Limit::Wall(second)));
//!     Ok(())
//! }
//! ```
//!
//! Values cross as copies, by serde, with the conventions of [`Serde`](crate::Serde): there are no
//! handles of objects in the other process.

mod builder;
mod child;
mod parent;
mod policy;
mod pool;
mod protocol;
mod runtime;
mod wire;

pub use self::{
    builder::SandboxBuilder,
    child::child_main,
    policy::{Protection, Sandbox},
    pool::{PooledSandbox, SandboxPool},
    runtime::{SandboxInterrupter, SandboxedRuntime},
};
