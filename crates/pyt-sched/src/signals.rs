//! Which signals an OS thread takes.
//!
//! A signal to the process goes to any thread that does not block it. Threads that the program does
//! not know of must block all signals: the program may have blocked one in all of its own threads,
//! to wait for it.

/// The signals that a thread blocks.
#[derive(Clone, Copy, Debug)]
#[cfg_attr(target_os = "linux", repr(C, align(8)))]
pub struct SignalMask(
    /// A `sigset_t`, which has 128 bytes on Linux. Other platforms are left alone.
    #[cfg(target_os = "linux")]
    [u64; 16],
);

impl SignalMask {
    /// All signals but those that the C library keeps to itself.
    #[cfg(target_os = "linux")]
    pub const FULL: Self = Self([u64::MAX; 16]);
    /// Stands for all signals.
    #[cfg(not(target_os = "linux"))]
    pub const FULL: Self = Self();

    /// The calling thread's.
    #[cfg(target_os = "linux")]
    #[must_use]
    pub fn of_caller() -> Self {
        let mut mask = Self([0; 16]);
        // SAFETY: without a set it asks for the mask only, for which there is room.
        unsafe { linux::pthread_sigmask(linux::SET, std::ptr::null(), (&raw mut mask).cast()) };
        mask
    }

    /// The calling thread's.
    #[cfg(not(target_os = "linux"))]
    #[must_use]
    pub fn of_caller() -> Self {
        Self()
    }

    /// Makes it the calling thread's.
    #[cfg(target_os = "linux")]
    pub fn set(&self) {
        let this: *const Self = self;
        // SAFETY: it is a whole `sigset_t`, and outlives the call.
        unsafe { linux::pthread_sigmask(linux::SET, this.cast(), std::ptr::null_mut()) };
    }

    /// Makes it the calling thread's.
    #[cfg(not(target_os = "linux"))]
    pub fn set(&self) {}

    /// Calls `f`, which starts threads, while this is the calling thread's mask: they have it from
    /// the beginning.
    pub fn during<R>(&self, f: impl FnOnce() -> R) -> R {
        let before = Self::of_caller();
        self.set();
        let result = f();
        before.set();
        result
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::{c_int, c_void};

    /// `SIG_SETMASK`.
    pub(super) const SET: c_int = 2;

    unsafe extern "C" {
        pub(super) fn pthread_sigmask(how: c_int, set: *const c_void, old: *mut c_void) -> c_int;
    }
}

#[cfg(all(test, target_os = "linux", not(feature = "shuttle")))]
mod tests {
    use super::*;

    #[test]
    fn a_thread_has_the_mask_of_its_starter() {
        let before = SignalMask::of_caller();
        let inner = SignalMask::FULL
            .during(|| std::thread::spawn(SignalMask::of_caller))
            .join()
            .unwrap();
        // SIGUSR1 is number 10.
        assert_ne!(inner.0[0] & (1 << 9), 0);
        assert_eq!(SignalMask::of_caller().0, before.0);
    }
}
