//! Python threads on OS threads: starting them, their handles, and what is reused for the next.

mod handle;
mod kernel_attrs;
pub(crate) mod os_name;
pub(crate) mod os_thread_cache;
pub(crate) mod shown_ident;
pub(crate) mod vm_pool;

pub(crate) use handle::{Handle, Start, native_id};
