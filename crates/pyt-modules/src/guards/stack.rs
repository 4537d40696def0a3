//! How much is left of the calling thread's stack.

use std::cell::Cell;

/// What is assumed where the system does not tell: what a thread of Rust's has.
const UNKNOWN: usize = 2 << 20;

thread_local! {
    /// The lowest address of the thread's stack, once it was asked for.
    static LOWEST: Cell<usize> = const { Cell::new(0) };
}

/// How many bytes are left of the calling thread's stack, at least.
#[must_use]
pub fn remaining() -> usize {
    let marker = 0_u8;
    let here = std::ptr::from_ref(&marker).addr();
    let mut lowest = LOWEST.get();
    if lowest == 0 {
        lowest = find_lowest().unwrap_or_else(|| here.saturating_sub(UNKNOWN));
        LOWEST.set(lowest);
    }
    here.saturating_sub(lowest)
}

#[cfg(target_os = "linux")]
fn find_lowest() -> Option<usize> {
    use std::mem::MaybeUninit;
    let mut attributes = MaybeUninit::<libc::pthread_attr_t>::uninit();
    // SAFETY: the attributes are written by the first call if it succeeds, read by the second, and
    // given up once.
    unsafe {
        if libc::pthread_getattr_np(libc::pthread_self(), attributes.as_mut_ptr()) != 0 {
            return None;
        }
        let (mut lowest, mut size) = (std::ptr::null_mut(), 0);
        let got = libc::pthread_attr_getstack(attributes.as_ptr(), &raw mut lowest, &raw mut size);
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        (got == 0).then(|| lowest.addr())
    }
}

#[cfg(not(target_os = "linux"))]
fn find_lowest() -> Option<usize> {
    None
}
