//! Arguments of the process that are no Unicode: the name of a file in another encoding, say.
//! Upstream panics when it reads them for `sys.orig_argv`, so it is shown others.

use std::{ffi::OsString, sync::OnceLock};

/// The arguments as the process was given them, where upstream is shown others.
static ORIGINAL: OnceLock<Vec<OsString>> = OnceLock::new();

/// Has upstream see arguments that are Unicode: characters that are none become U+FFFD there.
/// `sys.orig_argv` has them as they are. Does nothing where all are Unicode.
///
/// To be called once, first in `main`: later calls of `std::env::args_os` may see the others.
///
/// # Safety
/// The process has no second thread.
pub unsafe fn make_unicode() {
    let all: Vec<OsString> = std::env::args_os().collect();
    if all.iter().all(|argument| argument.to_str().is_some()) {
        return;
    }
    if ORIGINAL.set(all.clone()).is_ok() {
        // SAFETY: the caller's promise.
        unsafe { array::replace(&all) };
    }
}

/// The arguments, where upstream was shown others.
pub(crate) fn original() -> Option<&'static [OsString]> {
    ORIGINAL.get().map(Vec::as_slice)
}

/// Whether upstream would panic.
pub(crate) fn are_unicode() -> bool {
    std::env::args_os().all(|argument| argument.to_str().is_some())
}

/// The array of the arguments that the process was started with, which `std` reads.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
mod array {
    use std::{
        ffi::{CString, OsString, c_char, c_int},
        sync::atomic::{AtomicPtr, Ordering},
    };

    static ARRAY: AtomicPtr<*mut c_char> = AtomicPtr::new(std::ptr::null_mut());

    /// glibc gives functions that run before `main` what it gives `main`.
    #[used]
    #[unsafe(link_section = ".init_array")]
    static NOTE: extern "C" fn(c_int, *mut *mut c_char, *mut *mut c_char) = note;

    extern "C" fn note(_count: c_int, array: *mut *mut c_char, _environment: *mut *mut c_char) {
        ARRAY.store(array, Ordering::Relaxed);
    }

    /// Puts Unicode in the place of those of `all` that are none.
    ///
    /// # Safety
    /// The process has no second thread, and `all` are its arguments.
    pub(super) unsafe fn replace(all: &[OsString]) {
        let array = ARRAY.load(Ordering::Relaxed);
        if array.is_null() {
            return;
        }
        for (index, argument) in all.iter().enumerate() {
            if argument.to_str().is_none()
                && let Ok(text) = CString::new(argument.to_string_lossy().into_owned())
            {
                // SAFETY: the array has as many entries, which nothing else reads meanwhile. The
                // text is never freed.
                unsafe { *array.add(index) = text.into_raw() };
            }
        }
    }
}

/// Elsewhere such arguments are refused when an interpreter is made.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
mod array {
    use std::ffi::OsString;

    /// # Safety
    /// None.
    pub(super) unsafe fn replace(_all: &[OsString]) {}
}
