//! Python threads on OS threads: starting them, their handles, which there are, and what is reused
//! for the next.

mod handle;
mod kernel_attrs;
pub mod os_name;
mod os_thread_cache;
mod registry;
mod resources;
pub mod shown_ident;
mod slot_reclaimer;
mod start;
mod start_watch;
mod vm_pool;

pub use handle::Handle;
pub use kernel_attrs::native_id;
pub use start::{LeastStack, Start};
pub use start_watch::StartWatch;
