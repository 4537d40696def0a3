//! The arguments of calls from Python: signatures, fast calls, times.

pub(crate) mod arguments;
pub(crate) mod direct_calls;
pub(crate) mod fastcall;
pub(crate) mod pickling;
pub(crate) mod seconds;
pub(crate) mod timeout;
