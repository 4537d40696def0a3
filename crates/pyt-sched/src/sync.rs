//! The few standard primitives this crate stands on, swapped for shuttle's in its checks.
//!
//! Nothing else in the crate names `std::sync`, `parking_lot` or `shuttle`.

#[cfg(not(feature = "shuttle"))]
mod real {
    pub(crate) use parking_lot::Mutex;
    pub(crate) use std::{sync::atomic, thread_local};
}

#[cfg(feature = "shuttle")]
mod real {
    use shuttle::sync::MutexGuard;
    pub(crate) use shuttle::{sync::atomic, thread_local};

    /// `parking_lot::Mutex`'s shape on shuttle's mutex.
    #[derive(Debug, Default)]
    pub(crate) struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub(crate) const fn new(value: T) -> Self {
            Self(shuttle::sync::Mutex::new(value))
        }

        pub(crate) fn lock(&self) -> MutexGuard<'_, T> {
            self.0
                .lock()
                .unwrap_or_else(std::sync::PoisonError::into_inner)
        }
    }
}

pub(crate) use real::*;
