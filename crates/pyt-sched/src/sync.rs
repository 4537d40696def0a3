//! The standard primitives that this crate is built on, replaced by shuttle's in its checks.
//!
//! Nothing else in the crate names `std::sync`, `parking_lot` or `shuttle`.

#[cfg(not(feature = "shuttle"))]
mod real {
    pub(crate) use parking_lot::{Mutex, MutexGuard};
    pub(crate) use std::{sync::atomic, thread_local};
}

#[cfg(feature = "shuttle")]
mod real {
    pub(crate) use shuttle::{
        sync::{MutexGuard, atomic},
        thread_local,
    };

    /// `parking_lot::Mutex`'s shape on shuttle's mutex.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}

pub(crate) use real::*;

/// Replaces a mutex in the child of a `fork` by a fresh, unlocked one around `value`:
/// a thread that does not exist here may have held it, in the middle of a change. What was in it
/// is leaked, not dropped.
///
/// # Safety
/// The calling thread is the only one in the process, and has not locked the mutex.
#[cfg_attr(
    feature = "shuttle",
    allow(unused_variables, reason = "shuttle's threads do not fork")
)]
pub(crate) unsafe fn renew<T>(mutex: &Mutex<T>, value: T) {
    // Shuttle's threads don't fork.
    #[cfg(not(feature = "shuttle"))]
    // SAFETY: no other thread reads or writes the mutex, as the caller warrants, and all of it has
    // interior mutability.
    unsafe {
        std::ptr::from_ref(mutex)
            .cast_mut()
            .write(Mutex::new(value));
    }
}

/// As [`renew`], for a mutex that a thread which does not exist here may have held to read its
/// value, never to change it: the value stays.
///
/// # Safety
/// The calling thread is the only one in the process, and has not locked the mutex. A thread that
/// had it locked when the process was forked was not changing its value.
#[cfg_attr(
    feature = "shuttle",
    allow(unused_variables, reason = "shuttle's threads do not fork")
)]
pub(crate) unsafe fn renew_lock<T>(mutex: &Mutex<T>) {
    #[cfg(not(feature = "shuttle"))]
    // SAFETY: as the caller warrants; the value is moved out of the old mutex, which is overwritten
    // without being dropped, into the new one.
    unsafe {
        let value = mutex.data_ptr().read();
        std::ptr::from_ref(mutex)
            .cast_mut()
            .write(Mutex::new(value));
    }
}
