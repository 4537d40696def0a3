//! Python values as a host holds them.
//!
//! A [`Value`] is one object, whatever its class. What Rust types become which objects is known to
//! [`convert`], how arguments are passed to [`args`].

mod access;
pub(crate) mod args;
mod buffer;
pub(crate) mod convert;
pub(crate) mod convert_collections;
mod convert_text;
mod display;
mod handle;
mod iter;
mod name;
mod operations;

pub(crate) use self::name::name;
pub use self::{
    args::{IntoArg, IntoArgs, Kw, Unpack, UnpackKw, kw, unpack, unpack_kw},
    buffer::{Buffer, BufferItem},
    convert::{FromPython, IntoPython},
    display::{Display, DisplayForm},
    handle::Value,
    iter::Iter,
};
