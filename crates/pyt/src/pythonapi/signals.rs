//! Handlers of signals as the operating system has them. Python's own handlers are `signal`'s.

use std::ffi::c_int;

/// What `signal` returns for an error.
const SIG_ERR: usize = usize::MAX;

/// The handler of a signal, or `SIG_ERR`.
#[unsafe(no_mangle)]
extern "C" fn PyOS_getsig(signal: c_int) -> usize {
    action(signal, None).map_or(SIG_ERR, |before| before.sa_sigaction)
}

/// Sets the handler of a signal. Returns the one before, or `SIG_ERR`.
///
/// # Safety
/// `handler` is `SIG_DFL`, `SIG_IGN` or a function that may run in a signal handler.
#[unsafe(no_mangle)]
unsafe extern "C" fn PyOS_setsig(signal: c_int, handler: usize) -> usize {
    let Some(mut next) = action(signal, None) else {
        return SIG_ERR;
    };
    next.sa_sigaction = handler;
    next.sa_flags = libc::SA_ONSTACK;
    // SAFETY: a set of signals is emptied that is ours.
    unsafe { libc::sigemptyset(&raw mut next.sa_mask) };
    action(signal, Some(&next)).map_or(SIG_ERR, |before| before.sa_sigaction)
}

/// What is done with a signal, and, if there is `next`, is done no longer.
fn action(signal: c_int, next: Option<&libc::sigaction>) -> Option<libc::sigaction> {
    let mut before = std::mem::MaybeUninit::<libc::sigaction>::zeroed();
    let next = next.map_or(std::ptr::null(), std::ptr::from_ref);
    // SAFETY: both are null or structures of this kind that outlive the call. That the handler may
    // run is the promise of the caller of `PyOS_setsig`.
    let failed = unsafe { libc::sigaction(signal, next, before.as_mut_ptr()) } != 0;
    // SAFETY: zeros are such a structure, and the call has filled it.
    (!failed).then(|| unsafe { before.assume_init() })
}
